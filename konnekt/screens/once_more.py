"""Before some changes the password or the factor is asked again; what was sent waits in the form that asks.

That form goes to the same address, with all that was sent and what is asked: the view goes on where it was.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import render_template, request
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug import Response

from konnekt.domain.accounts import factors, identities, once_more, passkeys, sessions
from konnekt.domain.refusals import Invalid, TooMany
from konnekt.forms.account import OnceMoreForm
from konnekt.screens import passkey_button, signing_in, web

Arguments = ParamSpec("Arguments")
ANSWERS = {"csrf_token", "once_more", "passkey"}


def asked(view: Callable[Arguments, Response]) -> Callable[Arguments, Response]:
    """A view that changes what protects an account, for who was asked in the last ten minutes."""

    @wraps(view)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Response:
        if not sessions.was_asked(current_user.session) and (first := _ask()):
            return first
        return view(*args, **kwargs)

    return guarded


def _ask() -> Response | None:
    """The page that asks; None where it was answered right."""
    form = OnceMoreForm()
    if passkey_button.is_pressed():
        return _by_passkey(form)
    if "once_more" not in request.form:
        return _page(OnceMoreForm(formdata=None), 401)
    if not form.validate():
        return _page(form, 422)
    try:
        once_more.check(web.account(), form.once_more.data, address=signing_in.here()["address"])
    except (Invalid, TooMany) as refusal:
        web.note("once_more_refused", current_user.id)
        form.once_more.errors = [web.say(refusal)]
        return signing_in.later(_page(form, refusal.status), refusal)
    web.note("once_more", current_user.id)
    return None


def _by_passkey(form: OnceMoreForm) -> Response | None:
    try:
        passkey_button.check("once-more", web.account())
    except (Invalid, TooMany) as refusal:
        form.form_errors = [web.say(refusal)]
        return signing_in.later(_page(form, refusal.status), refusal)
    once_more.note(web.account())
    web.note("once_more", current_user.id)
    return None


def _page(form: OnceMoreForm, status: int) -> Response:
    account = web.account()
    form.once_more.label.text = _("Code") if account.has_second_factor else _("Password")
    sent = [pair for pair in request.form.items(multi=True) if pair[0] not in ANSWERS]
    back = "" if ANSWERS & set(request.form) - {"csrf_token"} else web.page_before()
    kinds = {"apps": factors.of(account), "passkeys": passkeys.of(account)}
    own = [] if account.has_second_factor else identities.providers_of(account)
    page = render_template("auth/once_more.html", form=form, sent=sent, own=own, back=back, **kinds)
    return Response(page, status, mimetype="text/html")
