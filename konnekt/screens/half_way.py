"""Half signed in: the password was right, and the second factor is due, or a code by mail.

The browser holds a token of its own for this, under another name than that of a session: nothing but the page
that asks for the factor reads it, so that everywhere else nobody is signed in.
"""

from typing import Any

from flask import flash, redirect, request, session, url_for
from werkzeug import Response

from konnekt.domain.accounts import factors, identities, mailed_codes, openid, passkeys, sessions
from konnekt.forms.auth import SecondStepForm
from konnekt.models import Account
from konnekt.screens import signing_in, unsent, web

NAME = "half"
CONNECTS = "half_connects"


def begin(account: Account, *, connects: tuple[int, str] | None = None, **by: Any) -> Response:
    """The password was right, or the provider, and opens nothing yet but the page of the second step.

    by: what a session keeps of the provider. connects: the link by which that connects the account there, and
    the subject: see `connect`.
    """
    return _begun(account, sessions.start_half(account, **signing_in.here(), **by), connects)


def begin_by_mail(account: Account, said: str = "") -> Response:
    """The same for who has no second factor: a code is mailed. Raises TooMany before anything is changed.

    said: what the page says besides.
    """
    return _begun(account, mailed_codes.begin(account, **signing_in.here()), said=said)


def _begun(account: Account, token: str, connects: tuple[int, str] | None = None, said: str = "") -> Response:
    end()
    signing_in.empty_cookie()
    session[NAME] = token
    if connects:
        session[CONNECTS] = connects
    web.note("code_asked", account.id)
    if web.is_htmx() or unsent.of_sign_in():
        form = SecondStepForm(formdata=None)
        form.factor_code.errors = [said] if said else []
        return page(form, 401 if web.is_htmx() else 200)
    if said:
        flash(said)
    return redirect(url_for("second_step.show", next=signing_in.after()), 303)


def page(form: SecondStepForm, status: int = 200) -> Response:
    """The page that asks for the factor, or its form above a page that stays."""
    due = account()
    if due and not due.has_second_factor:
        return _page_of_mail(due, form, status)
    kinds: dict[str, Any] = {"apps": factors.of(due), "passkeys": passkeys.of(due)} if due else {}
    if web.is_htmx():
        return unsent.on_the_spot(form, status, "auth/code_on_the_spot.html", **kinds)
    # Who has no app has recovery codes to type, and by script the passkey.
    shown = kinds | {"unsent": unsent.of_sign_in()}
    shown["is_recovery"] = "recovery" in request.values or not kinds.get("apps")
    return signing_in.page("auth/code.html", status, form=form, next=signing_in.after(), **shown)


def _page_of_mail(due: Account, form: SecondStepForm, status: int) -> Response:
    told = {"address": mailed_codes.hint(due)}
    if web.is_htmx():
        return unsent.on_the_spot(form, status, "auth/mailed_code_on_the_spot.html", **told)
    shown = told | {"next": signing_in.after(), "unsent": unsent.of_sign_in()}
    return signing_in.page("auth/mailed_code.html", status, form=form, **shown)


def token() -> str:
    """The token of half a session in this browser; empty where there is none."""
    return str(session.get(NAME, ""))


def account() -> Account | None:
    """Whose factor is due in this browser; None where nobody's is, or no more."""
    return sessions.find_half(token()) if token() else None


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
