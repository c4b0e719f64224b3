"""The pages behind a link in a mail: for whoever has it, signed in or not, in the language of its account.

They are no part of the portal: no menu, no script, nothing of who is signed in.
"""

from datetime import datetime, timedelta
from typing import Any

from flask import g, make_response, render_template, request, session
from flask_babel import refresh
from flask_login import current_user
from werkzeug import Response

from konnekt.domain import clock
from konnekt.domain.accounts import attempts, devices, factors, sessions
from konnekt.domain.approvals import mailed_sheets
from konnekt.domain.refusals import Invalid, TooMany
from konnekt.forms.auth import CodeForm
from konnekt.models import Account
from konnekt.screens import known_device, signing_in, web
from konnekt.screens.languages import reader

# In the browser's cookie: for whose link the second factor was shown, and when.
NAME = "by_mail"


def speak(account: Account) -> None:
    """Have this answer be in the account's language."""
    g.spoken = account.language
    refresh()


def page(name: str, status: int = 200, **context: Any) -> Response:
    """A page of this kind: `approvals/by_mail_NAME.html`."""
    context |= {"bare": True, "language": reader, "agency_row": web.agency()}
    return make_response(render_template(f"approvals/by_mail_{name}.html", **context), status)


def count() -> None:
    """Count this request against its address. Raises TooMany."""
    try:
        attempts.record(attempts.decision_limits(request.remote_addr or ""))
    except TooMany as refusal:
        web.note("decide_throttled")
        raise TooMany("Too many attempts. Try again in %(seconds)s seconds.", **refusal.values) from None


def hide(response: Response) -> Response:
    """Have nobody learn the address: no site that one goes to, no search engine."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def factor_first(opened: mailed_sheets.OpenedLink) -> Response | None:
    """The page that asks for the account's second factor; None where it was shown, or is not asked.

    Where the agency asks one of it by now and there is none, a page that says so.

    What was sent goes along in it, so that nothing is pressed twice.
    """
    account, agency = opened.account, web.agency()
    if agency and agency.factor_by_mail and factors.is_overdue(account, agency):
        web.note("factor_first_by_mail", account.id)
        return page("first", 403)
    if not _is_due(account):
        return None
    form = CodeForm()
    if "factor_code" not in request.form or request.form.get("recovery") == "ask":
        return _ask(opened, CodeForm(formdata=None), 401)
    if not form.validate():
        return _ask(opened, form, 422)
    try:
        factors.check(account, form.factor_code.data)
    except (Invalid, TooMany) as refusal:
        web.note("code_throttled" if isinstance(refusal, TooMany) else "code_refused", account.id)
        form.factor_code.errors = [web.say(refusal)]
        return signing_in.later(_ask(opened, form, refusal.status), refusal)
    session[NAME] = [account.id, clock.now().isoformat()]
    return None


def _is_due(account: Account) -> bool:
    agency = web.agency()
    if not account.has_second_factor or (agency and not agency.factor_by_mail):
        return False
    if current_user.is_authenticated and current_user.id == account.id:
        return False
    return not (_was_shown(account) or devices.is_remembered(account, known_device.token()))


def _was_shown(account: Account) -> bool:
    """Whether it was shown in this browser not long ago; the cookie is signed."""
    whose, at = session.get(NAME) or (0, "")
    if whose != account.id:
        return False
    age: timedelta = clock.now() - datetime.fromisoformat(at)
    return timedelta(0) <= age < sessions.ASKED_FOR


def _ask(opened: mailed_sheets.OpenedLink, form: CodeForm, status: int) -> Response:
    own = ("csrf_token", "factor_code", "recovery")
    sent = [(name, text) for name, text in request.form.items(multi=True) if name not in own]
    web.note("code_asked", opened.account.id)
    return page("code", status, form=form, sent=sent, is_recovery="recovery" in request.form, opened=opened)
