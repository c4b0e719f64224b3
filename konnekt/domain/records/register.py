"""The register of what is kept of people: of every column of every table what it says, why, and how long.

What each table is stands in register_of_tables.py and register_of_books.py. What is handed out of one person
(personal_data.py) is read from it too, and so is complete.
"""

from dataclasses import dataclass, field

from konnekt.domain.records import register_of_books, register_of_tables
from konnekt.domain.refusals import N_

KINDS = {
    "key": N_("what ties rows together"),
    "plain": N_("nothing of a person"),
    "identity": N_("name and numbers"),
    "contact": N_("e-mail address"),
    "work": N_("place of work"),
    "hours": N_("hours worked"),
    "pay": N_("pay"),
    "acts": N_("who did what, and when"),
    "words": N_("what was written"),
    "access": N_("signing in"),
    "prices": N_("what a client pays"),
    "shared": N_("of several people together"),
    "secret": N_("a hash, or sealed"),
}
# What the data of one person do without.
WITHHELD = ("prices", "secret", "shared")

ABOUT = {
    "none": N_("nobody"),
    "everybody": N_("everybody with an account"),
    "worker": N_("workers"),
    "supervisor": N_("supervisors and deputies"),
    "contact": N_("contact persons of clients"),
    "staff": N_("agency staff"),
    "nobody": N_("nobody who could be named"),
}
PURPOSES = {
    "portal": N_("to run the portal"),
    "access": N_("to let in who may, and nobody else"),
    "mail": N_("to tell people what waits for them"),
    "client": N_("to work for a client"),
    "wages": N_("to pay hours"),
    "invoices": N_("to invoice hours"),
    "proof": N_("to find out who did what"),
}
# GDPR (AVG), article 6 (1); the tax law is the Algemene wet inzake rijksbelastingen.
GROUNDS = {
    "none": N_("holds no personal data"),
    "contract": N_("contract (GDPR art. 6 (1) b)"),
    "consent": N_("consent (GDPR art. 6 (1) a)"),
    "law": N_("duty by law (GDPR art. 6 (1) c; art. 52 AWR)"),
    "interest": N_("interest of a safe and right administration (GDPR art. 6 (1) f)"),
}
TERMS = {
    "stays": N_("as long as the portal is used"),
    "closed": N_("until the term of accounts and workers below; from then on without a name"),
    "session": N_("eight hours without use, seven days at most"),
    "attempt": N_("a day; 30 days where there were too many"),
    "device": N_("a year without use"),
    "challenge": N_("five minutes, or until it is used"),
    "factor": N_("until it is removed"),
    "provider_request": N_("ten minutes"),
    "factor_reset": N_("until it is done or withdrawn"),
    "proposal": N_("until it is decided; one that lapsed, until the next one is made"),
    "asked": N_("until it is answered or its days are over"),
    "feed": N_("until it is removed, or a new address takes its place"),
    "link": N_("the next link ends the one before; used ones as a hash, until the term of mail below"),
    "decision_link": N_("until the next mail, or a week after the deadline in it"),
    "mail": N_("until the term of mail below; links are wiped once it is sent"),
    "right": N_("until it is taken away"),
    "history": N_("words until the term of hours below, or until the person is erased; who did what stays"),
    "payroll": N_("names and words until the terms of hours and payroll below; hours and pay as numbers"),
    "invoices": N_("names and documents until the term of invoices below; amounts as numbers"),
    "postponed": N_("until it is taken up again, or the person is erased"),
    "waiting": N_("until it is decided"),
    "job": N_("30 days after it has ended"),
    "upload": N_("a day"),
    "day": N_("a day"),
}


@dataclass
class RegisterEntry:
    """One table of the register. columns: what each says of a person, by its field's name."""

    name: str
    about: str
    purpose: str
    ground: str
    term: str
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def is_personal(self) -> bool:
        """Whether it says anything of anybody."""
        return self.about != "none"

    @property
    def kinds(self) -> list[str]:
        """What it says of people, in the order of KINDS."""
        return [kind for kind in list(KINDS)[2:] if kind in self.columns.values()]


def _read(text: str) -> dict[str, RegisterEntry]:
    tables: dict[str, RegisterEntry] = {}
    table = RegisterEntry("", "", "", "", "")
    for line in filter(None, text.splitlines()):
        if line.startswith("  "):
            kind, _, names = line.strip().partition(": ")
            if kind not in KINDS:
                raise ValueError(line)
            table.columns |= dict.fromkeys(names.split(), kind)
        else:
            name, about, purpose, ground, term = line.split(" | ")
            table = RegisterEntry(name, about, purpose, ground, term)
            tables[table.name] = table
    return tables


REGISTER = _read(register_of_tables.TEXT + register_of_books.TEXT)
