"""Whom the agency asks for a second factor: until they have one, they are led to setting it up."""

from flask import request, url_for
from flask_login import current_user
from werkzeug import Response

from konnekt.domain import clock
from konnekt.domain.accounts import factors
from konnekt.models import Agency
from konnekt.screens import web

# What they reach meanwhile, beside what everybody does.
OPEN = {"auth.logout", "factors.index", "factors.begin", "factors.show", "factors.confirm"}
OPEN |= {"factors.recovery_code_file", "factors.begin_passkey", "factors.new_passkey"}
OPEN |= {"factors.passkey_options", "factors.add_passkey"}


def is_overdue() -> bool:
    """Whether who is signed in has to set up a second factor before anything else."""
    if not current_user.is_authenticated or current_user.session.had_factor:
        return False
    return factors.is_overdue(web.account(), web.agency())


def coming() -> Agency | None:
    """The agency, where it asks this of who is signed in, now or later; None where one is there."""
    agency = web.agency()
    return agency if agency and factors.is_asked(web.account(), agency) else None


def set_up_first() -> Response | None:
    """Lead to the page of factors; None where nobody has to be.

    Who was at work when the day came, still sends what was typed: nothing of it is lost.
    """
    if request.endpoint in OPEN or not is_overdue():
        return None
    begun_on = clock.local(current_user.session.created_at).date()
    agency = web.agency()
    if request.method == "POST" and agency and begun_on < agency.factor_from_on:
        return None
    web.note("factor_first")
    return web.leave_for(url_for("factors.index"))
