"""Which passwords are good enough: long, not leaked, no pattern, not one's own name.

Taken as typed, no rules about kinds of characters (NIST SP 800-63B, ASVS 6.2). These rules are asked when a
password is chosen; one of before goes on working.
"""

import re
import threading
import unicodedata

from konnekt.domain.accounts import leaked
from konnekt.domain.refusals import Invalid
from konnekt.models import Account

SHORTEST = 12
SHORTEST_WITH_FACTOR = 10
LONGEST = 256
# By zxcvbn's count of the guesses that find a password, of which a stranger has a hundred in 30 days.
FEWEST_GUESSES = 10**10
# Beside one's own names and words of this place.
FEWEST_LETTERS = 4
# As far as zxcvbn reads.
READ = 72

# What people here reach for besides the world's favourites.
OWN_WORDS = """
    konnekt interum umholding maastricht universiteit university faculteit limburg uitzendbureau bureau uren
    urenbriefje urenregistratie leidinggevende werknemer welkom wachtwoord geheim toegang inloggen nederland
    januari februari maart april mei juni juli augustus september oktober november december
    maandag dinsdag woensdag donderdag vrijdag zaterdag zondag lente zomer herfst winter voorjaar najaar
    january february march may june july august october monday tuesday wednesday thursday friday saturday
    sunday spring summer autumn
"""

# zxcvbn keeps the words of the one it looks at where all threads find them.
_one_by_one = threading.Lock()


def shortest(account: Account) -> int:
    """The fewest characters of its password: fewer will do where a second factor is asked as well."""
    return SHORTEST_WITH_FACTOR if account.has_second_factor else SHORTEST


def prepared(password: str) -> str:
    """The password as it is compared: letters composed, and every space the plain one (RFC 8265, 4.2)."""
    spaces = (" " if unicodedata.category(letter) == "Zs" else letter for letter in password)
    return unicodedata.normalize("NFC", "".join(spaces))


def check(password: str, account: Account) -> None:
    """Raise Invalid, saying what to do next, unless the account may take this password."""
    password = prepared(password)
    if len(password) < (fewest := shortest(account)):
        raise Invalid(
            "Use at least %(count)s characters. A few words in a row work well.", "password", count=fewest
        )
    if len(password) > LONGEST:
        raise Invalid("Use at most %(count)s characters: leave some out.", field="password", count=LONGEST)
    words, names = _words(password), _names(account)
    if words & names:
        raise Invalid(
            "This is your own name or address. Choose a few words that say nothing about you.", "password"
        )
    if any(_is_common(word) for word in words):
        raise Invalid(
            "This password is used by many, or has leaked. Choose a few words that do not belong together.",
            field="password",
        )
    near = sorted({part for name in names for part in re.split(r"[\W_]+", name) if len(part) > 2} | names)
    near += OWN_WORDS.split()
    if _letters_beside(near, password) < FEWEST_LETTERS or _guesses(password, near) < FEWEST_GUESSES:
        raise Invalid(
            "This password is soon guessed: it repeats itself, or is a row of keys, a date or a name. "
            "Choose a few words that do not belong together.",
            field="password",
        )


def _words(password: str) -> set[str]:
    """The password as lists know it: in lower case, and without up to eight digits and signs around it."""
    lower = password.casefold()
    core = re.fullmatch(r"[\W\d_]{0,8}(.*?)[\W\d_]{0,8}", lower, re.DOTALL)
    return {lower, core[1] if core else lower} - {""}


def _names(account: Account) -> set[str]:
    names = {account.email, account.email.partition("@")[0], account.username or "", account.first_name}
    names |= {account.last_name, account.name, account.name.replace(" ", "")}
    return {name.casefold() for name in names if name}


def _is_common(word: str) -> bool:
    """Whether it leaked, or is one of the 30,000 most used, shorter ones too, or a word of this place."""
    from zxcvbn.matching import RANKED_DICTIONARIES

    if len(word) >= leaked.SHORTEST and leaked.is_leaked(word):
        return True
    return word in RANKED_DICTIONARIES["passwords"] or word in OWN_WORDS.split()


def _letters_beside(near: list[str], password: str) -> int:
    """How many letters it has beside those words; of one without any of them all that it has, signs too."""
    pattern = re.compile("|".join(re.escape(word) for word in sorted(near, key=len, reverse=True)))
    rest, count = pattern.subn("", password.casefold())
    return sum(letter.isalpha() for letter in rest) if count else len(password)


def _guesses(password: str, near: list[str]) -> int:
    """How many guesses find it, of who tries what people do: repeats, rows of keys, dates, words, names."""
    # Here: nobody needs it who chooses no password.
    from zxcvbn import zxcvbn

    with _one_by_one:
        return int(zxcvbn(password[:READ], near)["guesses"])
