"""Boekhouding: what is not in the books yet, batches of it, their files, what the books call things."""

from typing import Any

from flask import Blueprint, flash, make_response, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.documents import book_files
from konnekt.domain import events, paging
from konnekt.domain.payments import books
from konnekt.domain.records import books_settings, organisations
from konnekt.domain.refusals import Conflict, NotFound, Refused
from konnekt.forms.books import BooksForm, DebtorForm, MakeBatchForm
from konnekt.forms.numbers import whole
from konnekt.screens import web
from konnekt.screens.batch_page import BatchPage

bp = Blueprint("books", __name__, url_prefix="/books")

LIST = ("bureau/books/index.html", "partials/books_list.html")
SETTINGS = ("bureau/books/settings.html", "partials/books_settings.html")
DEBTOR = ("bureau/books/debtor.html", "partials/books_debtor.html")


def _number() -> int:
    return min(max(request.args.get("page", 1, type=whole), 1), 100_000)


@bp.get("")
def index() -> Response:
    """What is not in the books yet, with its totals and what is missing; and the batches made."""
    return _list()


def _list(refusal: Refused | None = None) -> Response:
    unbooked = books.preview()
    shown: dict[str, Any] = {"unbooked": unbooked, "batches": books.page(), "refusal": refusal}
    if unbooked is not None:
        shown["page"] = paging.of_list(unbooked.entries, _number())
        shown["totals"] = books.totals(unbooked.entries, unbooked.settings.__data__)
    return web.page(*LIST, refusal.status if refusal else 200, **shown)


@bp.post("")
def make() -> Response:
    """Make the batch that was shown."""
    form = MakeBatchForm()
    try:
        seen = form.seen.data if form.validate() else ""
        batch = books.make(by=web.account(), seen=seen or "")
    except Conflict as refusal:
        return _list(refusal)
    there = url_for(".show", batch=batch.id)
    notice = _("The batch is made: download its file and read it into the bookkeeping.")
    done = web.done(notice, there, BATCH.partial, is_moved=True, **_batch(batch.id))
    return web.moved(done, there) if web.is_htmx() else done


@bp.get("/batches")
def batches() -> Response:
    """All batches, the newest first, a page at a time."""
    return web.page("bureau/books/batches.html", None, batches=books.page(_number()))


@bp.get("/batches/<int:batch>")
def show(batch: int) -> Response:
    """One batch: its files, its totals, its documents."""
    return BATCH.show(batch)


def _batch(batch: int) -> dict[str, Any]:
    row = books.find(batch)
    entries = books.entries(row)
    return {
        "batch": row,
        "formats": book_files.of(row),
        "totals": books.totals(entries, row.frozen["names"]),
        "page": paging.of_list(entries, _number()),
        "events": events.latest(thing=books.thing(row)),
    }


BATCH = BatchPage("bureau/books/batch.html", "partials/books_batch.html", _batch)


@bp.get("/batches/<int:batch>/<format>")
def download(batch: int, format: str) -> Response:
    """A file of a batch: the same bytes each time."""
    if format not in book_files.of(books.find(batch)):
        raise NotFound("There is no such format.")
    file = book_files.make(books.hand_out(batch, format, by=web.account()), format)
    response: Response = make_response(file.content)
    response.headers["Content-Type"] = file.media_type
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


@bp.route("/batches/<int:batch>/hand-over", methods=["GET", "POST"])
def hand_over(batch: int) -> Response:
    """Ask, then say that the bookkeeping has it."""
    return BATCH.hand_over(batch, books.hand_over, _("Marked: the bookkeeping has it."))


@bp.route("/batches/<int:batch>/undo", methods=["GET", "POST"])
def undo(batch: int) -> Response:
    """Ask for the reason, then take the batch back."""
    return BATCH.undo(batch, books.undo, _("Undone: its documents go with the next batch."))


@bp.get("/settings")
def settings() -> Response:
    """What the bookkeeping calls things, ready to be changed."""
    return _settings(_filled(), 200)


def _filled() -> BooksForm:
    now = books.settings()
    return BooksForm(None, obj=now, seen=books_settings.seen(now))


def _settings(form: BooksForm, status: int) -> Response:
    return web.page(*SETTINGS, status, form=form, changes=events.latest(10, thing=books_settings.THING))


@bp.post("/settings")
def change_settings() -> Response:
    """Change that."""
    form = BooksForm()
    if not form.validate():
        return _settings(form, 422)
    try:
        books_settings.change(form.values(), seen=form.seen.data or "", by=web.account())
    except Refused as refusal:
        status = web.refuse(form, refusal)
        web.look_again(form, status, books_settings.seen(books.settings()))
        return _settings(form, status)
    context = {"form": _filled(), "changes": events.latest(10, thing=books_settings.THING)}
    return web.done(_("The settings are saved."), url_for(".settings"), SETTINGS[1], **context)


@bp.get("/debtors")
def debtors() -> Response:
    """The organisations and their numbers in the bookkeeping."""
    return web.page("bureau/books/debtors.html", None, page=books_settings.debtors(_number()))


@bp.get("/debtors/<code>")
def debtor(code: str) -> Response:
    """One of them, ready to be changed."""
    place = organisations.find(code)
    seen = books_settings.seen_debtor(place)
    return web.page(*DEBTOR, place=place, form=DebtorForm(None, obj=place, seen=seen))


@bp.post("/debtors/<code>")
def change_debtor(code: str) -> Response:
    """Change it."""
    form = DebtorForm()
    typed = form.debtor_number.data or ""
    try:
        books_settings.change_debtor(code, typed, seen=form.seen.data or "", by=web.account())
    except Refused as refusal:
        status, place = web.refuse(form, refusal), organisations.find(code)
        web.look_again(form, status, books_settings.seen_debtor(place))
        return web.page(*DEBTOR, status, place=place, form=form)
    flash(_("The debtor number of %(name)s is saved.", name=organisations.find(code).name))
    return web.leave_for(url_for(".debtors"))
