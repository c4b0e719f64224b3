"""Signing in with a provider (OpenID Connect): going there, coming back; connecting one's account to it."""

from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug import Response

from konnekt.domain import clock
from konnekt.domain.accounts import (
    devices,
    identities,
    links,
    openid,
    provider_requests,
    sessions,
    sign_in_policy,
)
from konnekt.domain.refusals import Conflict, Refused, TooMany
from konnekt.forms.auth import SignInForm
from konnekt.models import Account
from konnekt.screens import half_way, known_device, once_more, signing_in, to_provider, unsent, web

bp = Blueprint("identities", __name__)


@bp.post("/login/with/<provider>")
def begin(provider: str) -> Response:
    """Go to the provider, to sign in or by a link that was mailed; who is signed in already goes on."""
    chosen = identities.find_provider(provider)
    if current_user.is_authenticated:
        return signing_in.lead_on()
    carried = request.form.get("unsent", "") if unsent.of_sign_in() else ""
    about = {"back": signing_in.after(), "carried": carried}
    try:
        if token := request.form.get("link"):
            link = links.find(token)
            identities.check_may_bind(link, chosen)
            return to_provider.leave(chosen, "link", link=link, account=link.account)
        return to_provider.leave(chosen, "sign_in", **about)
    except Refused as refusal:
        return _refused(refusal)


@bp.get("/login/with/<provider>/answer")
def answer(provider: str) -> Response:
    """Come back from the provider: signed in, connected, asked once more, or refused in one sentence."""
    chosen = identities.find_provider(provider)
    state, browser = request.args.get("state", ""), to_provider.browser()
    purpose = provider_requests.purpose_of(state, browser)
    if current_user.is_authenticated and purpose not in ("bind", "once_more"):
        response = signing_in.lead_on()
    else:
        try:
            came = provider_requests.finish(
                chosen,
                state=state,
                browser=browser,
                code=request.args.get("code", ""),
                error=request.args.get("error", ""),
                issuer=request.args.get("iss"),
            )
            response = GO_ON[came.request.purpose](came)
        except Refused as refusal:
            response = _refused(refusal, is_answer=True)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _refused(refusal: Refused, *, is_answer: bool = False) -> Response:
    """Say why on the page where one can try something else: nobody is signed in by it, or signed out.

    is_answer: its address carries a code, and is left.
    """
    web.note("provider_throttled" if isinstance(refusal, TooMany) else "provider_refused")
    if isinstance(refusal, openid.ProviderRefusal):
        to_provider.log(refusal)
    flash(web.say(refusal), "warning")
    if current_user.is_authenticated:
        return redirect(url_for(".index"), 303)
    if is_answer:
        return redirect(url_for("auth.login"), 303)
    page = signing_in.page(
        "auth/login.html", refusal.status, form=SignInForm(formdata=None), next=signing_in.after()
    )
    return signing_in.later(page, refusal) if isinstance(refusal, TooMany) else page


def _sign_in(came: provider_requests.Returned) -> Response:
    return _let_in(identities.sign_in(came.answer), came)


def _by_link(came: provider_requests.Returned) -> Response:
    """Connect and sign in. A link that was read by somebody else is no second factor: ours is asked first.

    A second factor that the provider asked is that of whoever has an account there.
    """
    link, answer = came.request.link_id, came.answer
    account = identities.to_connect(link, answer.provider)
    if account.has_second_factor:
        return half_way.begin(account, **_said(answer), connects=(link, answer.subject))
    identities.bind_by_link(link, answer, account)
    response = _let_in(account, came)
    flash(_("From now on you sign in with %(provider)s.", provider=answer.provider.name))
    return response


def _let_in(account: Account, came: provider_requests.Returned) -> Response:
    """Sign in, or ask for the second factor where the provider did not."""
    g.next, g.unsent = came.request.back, came.carried
    had_factor = came.answer.had_factor
    is_due = account.has_second_factor and not had_factor
    if is_due and not devices.is_remembered(account, known_device.token()):
        return half_way.begin(account, **_said(came.answer))
    was_asked = _was_asked(came.answer) and not is_due
    by = _said(came.answer) | {"had_factor": had_factor}
    response = signing_in.let_in(account, was_asked=was_asked, **by)
    web.note("sign_in_by_provider", account.id)
    return response


def _said(answer: openid.Answer) -> dict[str, Any]:
    """What a session keeps of it."""
    return {"provider": answer.provider.key, "subject": answer.subject}


def _was_asked(answer: openid.Answer) -> bool:
    """Whether the provider asked just now, by its clock, instead of knowing the browser from before."""
    at, now = answer.signed_in_at, clock.now()
    return at is not None and now - sessions.ASKED_FOR < at < now + sessions.ASKED_FOR


def _bind(came: provider_requests.Returned) -> Response:
    account = _owner(came)
    identities.bind(account, came.answer, by=account)
    web.note("identity_bound", account.id)
    flash(_("From now on you can sign in with %(provider)s.", provider=came.answer.provider.name))
    return redirect(url_for(".index"), 303)


def _asked_once_more(came: provider_requests.Returned) -> Response:
    account, answer = _owner(came), came.answer
    is_enough = answer.had_factor or not account.has_second_factor
    if not identities.is_of(answer, account) or not _was_asked(answer) or not is_enough:
        raise openid.untrusted(answer.provider, "not_asked_anew")
    sessions.note_asked(account.session_token)
    web.note("once_more", account.id)
    flash(_("Thank you. Now change once more what you wanted to change."))
    return redirect(came.request.back, 303)


def _owner(came: provider_requests.Returned) -> Account:
    """Who is signed in, if it is who was sent to the provider."""
    if not current_user.is_authenticated or current_user.id != came.request.account_id:
        raise Conflict("You were signed out meanwhile, so nothing is changed. Sign in and try again.")
    return web.account()


GO_ON = {"sign_in": _sign_in, "link": _by_link, "bind": _bind, "once_more": _asked_once_more}


@bp.get("/account/providers")
def index() -> Response:
    """What one's account is connected to, and what it can be connected to."""
    account = web.account()
    there = identities.of(account)
    policy = sign_in_policy.of(account)
    return web.page("account/providers.html", identities=there, policy=policy, name=identities.name)


@bp.post("/account/providers/<provider>")
@once_more.asked
def bind(provider: str) -> Response:
    """Go to the provider, to connect one's own account."""
    chosen = identities.find_provider(provider)
    if sign_in_policy.of(web.account()) == "off":
        raise Conflict("Your organisation does not use %(provider)s.", provider=chosen.name)
    try:
        return to_provider.leave(chosen, "bind", account=web.account())
    except Refused as refusal:
        return _refused(refusal)


@bp.post("/account/providers/<provider>/once-more")
def ask_once_more(provider: str) -> Response:
    """Go to the provider, to be asked there who one is."""
    chosen = identities.find_provider(provider)
    back = web.own_path(request.form.get("next")) or url_for("account.index")
    try:
        return to_provider.leave(chosen, "once_more", account=web.account(), back=back)
    except Refused as refusal:
        return _refused(refusal)


@bp.post("/account/providers/<int:identity>/remove")
@once_more.asked
def remove(identity: int) -> Response:
    """No longer sign in by it."""
    name = identities.unbind(identity, by=web.account())
    web.note("identity_unbound", current_user.id)
    flash(_("You no longer sign in with %(provider)s.", provider=name))
    return redirect(url_for(".index"), 303)


@bp.errorhandler(CSRFError)
def page_too_old(_error: CSRFError) -> Response:
    """A sign-in page from before: show it again with a token that works."""
    if current_user.is_authenticated:
        return web.problem("errors/400.html", 400)
    flash(_("This page was too old. Choose once more how you sign in."), "warning")
    form = SignInForm(formdata=None)
    return signing_in.page("auth/login.html", 400, form=form, next=signing_in.after())
