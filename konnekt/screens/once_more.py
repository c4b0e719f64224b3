"""Before some changes the password or the factor is asked again; what was sent waits in the form that asks.

That form goes to the same address, with all that was sent and what is asked: the view goes on where it was.
Where htmx sent it, the form stands above a page that stays as it is, and is sent as without a script.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug import Response

from konnekt.domain.accounts import factors, identities, once_more, passkeys, sessions
from konnekt.domain.refusals import Invalid, TooMany
from konnekt.forms.account import OnceMoreForm
from konnekt.screens import passkey_button, signing_in, web

Arguments = ParamSpec("Arguments")
View = Callable[Arguments, Response]
# What the form that asks adds to what was sent.
ANSWERS = {"once_more", "passkey"}
OWN = ANSWERS | {"csrf_token", "once_more_back"}


def asked(view: View[Arguments]) -> View[Arguments]:
    """A view that changes what is worth asking for, for who was asked in the last ten minutes."""
    return asked_when(_is_sent)(view)


def asked_for_file(view: View[Arguments]) -> View[Arguments]:
    """A view that hands out a file: asked before it is got, too. It takes POST, from the form that asks."""
    return asked_when(_always)(view)


def asked_when(is_due: Callable[..., bool]) -> Callable[[View[Arguments]], View[Arguments]]:
    """The same where is_due says so of what was sent; it gets what the address holds."""

    def decorated(view: View[Arguments]) -> View[Arguments]:
        @wraps(view)
        def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Response:
            is_asked = sessions.was_asked(current_user.session)
            if not is_asked and is_due(**kwargs) and (first := _ask()):
                return first
            return view(*args, **kwargs)

        return guarded

    return decorated


def _is_sent(**_address: Any) -> bool:
    return request.method == "POST"


def _always(**_address: Any) -> bool:
    return True


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
    left = web.own_path(request.form.get("once_more_back")) or web.page_before(is_left=True)
    takes_get = request.url_rule is not None and "GET" in (request.url_rule.methods or ())
    context: dict[str, Any] = {
        "form": form,
        "sent": [pair for pair in request.form.items(multi=True) if pair[0] not in OWN],
        "own": [] if account.has_second_factor else identities.providers_of(account),
        "left": left,
        "left_address": left or url_for("account.index"),
        # Who was asked elsewhere comes back here where that can be got, else to where the form was.
        "back": request.path if takes_get else left,
        "apps": factors.of(account),
        "passkeys": passkeys.of(account),
    }
    if web.is_htmx():
        return web.problem("auth/once_more_on_the_spot.html", status, **context)
    return Response(render_template("auth/once_more.html", **context), status, mimetype="text/html")
