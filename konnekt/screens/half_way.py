"""Half signed in: the password was right, and the second factor is due.

The browser holds a token of its own for this, under another name than that of a session: nothing but the page
that asks for the factor reads it, so that everywhere else nobody is signed in.
"""

from typing import Any

from flask import redirect, request, session, url_for
from werkzeug import Response

from konnekt.domain.accounts import factors, identities, openid, passkeys, sessions
from konnekt.forms.auth import SecondStepForm
from konnekt.models import Account
from konnekt.screens import signing_in, unsent, web

NAME = "half"
CONNECTS = "half_connects"


def begin(account: Account, provider: str = "", *, connects: tuple[int, str] | None = None) -> Response:
    """The password was right, or the provider, and opens nothing yet but the page of the second step.

    connects: the link by which that connects the account there, and the subject: see `connect`.
    """
    end()
    signing_in.empty_cookie()
    session[NAME] = sessions.start_half(account, **signing_in.here(), provider=provider)
    if connects:
        session[CONNECTS] = connects
    web.note("code_asked", account.id)
    if web.is_htmx() or unsent.of_sign_in():
        return page(SecondStepForm(formdata=None), 401 if web.is_htmx() else 200)
    return redirect(url_for("second_step.show", next=signing_in.after()), 303)


def page(form: SecondStepForm, status: int = 200) -> Response:
    """The page that asks for the factor, or its form above a page that stays."""
    due = account()
    kinds: dict[str, Any] = {"apps": factors.of(due), "passkeys": passkeys.of(due)} if due else {}
    if web.is_htmx():
        return unsent.on_the_spot(form, status, "auth/code_on_the_spot.html", **kinds)
    # Who has no app has recovery codes to type, and by script the passkey.
    shown = kinds | {"unsent": unsent.of_sign_in()}
    shown["is_recovery"] = "recovery" in request.values or not kinds.get("apps")
    return signing_in.page("auth/code.html", status, form=form, next=signing_in.after(), **shown)


def account() -> Account | None:
    """Whose factor is due in this browser; None where nobody's is, or no more."""
    token = session.get(NAME)
    return sessions.find_half(token) if token else None


def connect(due: Account) -> openid.Answer | None:
    """Connect the account as its link said, now that the second step was taken; None where nothing was.

    Raises NotFound, Conflict.
    """
    if CONNECTS not in session:
        return None
    link, subject = session.pop(CONNECTS)
    answer = openid.Answer(identities.find_provider(due.session.provider), subject)
    identities.bind_by_link(link, answer, due)
    return answer


def end() -> None:
    """The second step was taken, or somebody begins anew."""
    session.pop(CONNECTS, None)
    if token := session.pop(NAME, None):
        sessions.end(token)
