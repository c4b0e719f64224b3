"""/bureau/payments: marking paid, a file of payments, taking one back."""

import html
import io
import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain.invoices import issue
from konnekt.models import BudgetNumber, Event, Invoice, Payment
from tests import factories, invoice_cast
from tests.factories import World
from tests.visitor import Visitor

HERE = "/bureau/payments"
TODAY = "2026-11-30"
HEADER = "number;paid_on;amount"


@pytest.fixture
def ready(world: World) -> World:
    """Three invoices: 2026-00001 of € 38,13, 2026-00002 of € 590,98 (FSE), 2026-00003 of € 76,25 (LAW)."""
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    budget = BudgetNumber.create(organisation=world.fse, number="0042.9")
    first = factories.assignment(factories.worker(), world.fse, budget)
    factories.sheet(first, world.period, {date(2026, 11, 3): 60}, state="approved")
    other = factories.assignment(factories.worker(), world.law, world.law_budget)
    factories.sheet(other, world.period, {date(2026, 11, 3): 120}, state="approved")
    assert [one.total_cents for one in invoice_cast.run()] == [3813, 59098, 7625]
    return world


@pytest.fixture
def staff(app: Flask, ready: World) -> Visitor:
    return Visitor(app, ready.staff)


def number(last: int) -> Invoice:
    return Invoice.get(Invoice.number == last)


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return html.unescape(response.text)


def mark(staff: Visitor, *numbers: int, on: str = TODAY) -> Any:
    return staff.post(f"{HERE}/mark", {"pick": [str(number(one).id) for one in numbers], "on": on})


def paid() -> list[tuple[int, date | None]]:
    return [(one.number, one.paid_on) for one in Invoice.select().order_by(Invoice.number)]


def received() -> int:
    """How many payments came in; crediting leaves entries of its own."""
    return Payment.select().where(Payment.kind == "payment").count()


def upload(staff: Visitor, *lines: str, raw: bytes | None = None) -> Any:
    content = raw if raw is not None else "\n".join([HEADER, *lines]).encode()
    return staff.post(f"{HERE}/file", {"file": (io.BytesIO(content), "payments.csv")})


def confirm(staff: Visitor, shown: str) -> Any:
    found = re.search(r'name="content" value="([^"]*)"', shown, re.S)
    assert found
    return staff.post(f"{HERE}/record", {"content": found[1]})


def test_what_is_open_and_overdue(staff: Visitor, ready: World) -> None:
    Invoice.update(due_on=date(2026, 11, 29), issued_on=date(2026, 10, 30)).where(
        Invoice.number == 2
    ).execute()
    issue.credit(number(3).id, "Verkeerd", by=ready.staff)
    page = text(staff.get(HERE))
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert re.findall(r"2026-0000\d(?=</a></th>)", rows) == ["2026-00002", "2026-00001"]
    assert "2 facturen te betalen" in page
    assert rows.count("vervallen") == 1
    assert "€\xa0590,98" in rows
    mark(staff, 1, 2)
    assert "Er is niets te betalen." in text(staff.get(HERE))


def test_mark_many_paid(staff: Visitor, ready: World) -> None:
    response = mark(staff, 1, 2, on="2026-11-28")
    assert (response.status_code, response.location) == (303, HERE)
    on = date(2026, 11, 28)
    assert paid() == [(1, on), (2, on), (3, None)]
    assert [(one.amount_cents, one.paid_on, one.recorded_by) for one in Payment.select()] == [
        (3813, on, ready.staff), (59098, on, ready.staff),
    ]  # fmt: skip
    events = list(Event.select().where(Event.verb == "pay").order_by(Event.id))
    assert [event.after for event in events] == [
        {"paid_on": "2026-11-28", "amount_cents": 3813, "open_cents": 0},
        {"paid_on": "2026-11-28", "amount_cents": 59098, "open_cents": 0},
    ]
    assert "2 facturen zijn betaald." in text(staff.get(HERE))


def test_htmx_gets_the_partial(staff: Visitor) -> None:
    response = mark(staff.with_htmx(), 1)
    assert response.status_code == 200
    assert response.text.lstrip().startswith('<div id="payments-list">')
    assert "2026-00001</a></th>" not in response.text, "it is no longer to be paid"
    assert "<b>2026-00001</b>" in response.text, "it stands with what was recorded last"
    assert "1 factuur is betaald." in response.headers["HX-Trigger"]


def test_one_that_can_not_be_paid_does_not_stop_the_others(staff: Visitor, ready: World) -> None:
    note = issue.credit(number(1).id, "Verkeerd", by=ready.staff)
    mark(staff, 2)
    response = mark(staff, 1, 2, 3, note.number)
    page = text(staff.get(response.location))
    assert paid()[2] == (3, date(2026, 11, 30))
    assert "2026-00001: Deze factuur is gecrediteerd." in page
    assert "2026-00002: Deze factuur is al betaald." in page
    assert "2026-00004: Een creditnota wordt verrekend, niet betaald." in page
    assert mark(staff, 1, 2).status_code == 409
    assert received() == 2


@pytest.mark.parametrize("on", ["2026-12-01", "", "gisteren", "0026-11-30"])
def test_a_bad_day_keeps_what_was_ticked(staff: Visitor, on: str) -> None:
    response = mark(staff, 2, on=on)
    page = text(response, 422)
    assert 'aria-invalid="true"' in page
    assert f'value="{number(2).id}" checked' in page
    assert on in page
    assert Payment.select().count() == 0


def test_nothing_ticked(staff: Visitor) -> None:
    assert mark(staff).status_code == 422
    response = staff.post(f"{HERE}/mark", {"pick": ["x", "99999999999999", "²"], "on": TODAY})
    assert response.status_code == 422


@pytest.mark.parametrize("wanted", ["2026-00002", "34367565", "Science", "FSE"])
def test_search(staff: Visitor, wanted: str) -> None:
    page = text(staff.get(HERE, query_string={"q": wanted}))
    assert "2026-00002" in page
    assert "2026-00003" not in page


@pytest.mark.parametrize("wanted", ["%", "_", "'", "x" * 10_000, "🎓"])
def test_an_odd_search_answers(staff: Visitor, wanted: str) -> None:
    assert staff.get(HERE, query_string={"q": wanted, "page": "-1"}).status_code == 200


def test_take_back(staff: Visitor, ready: World) -> None:
    mark(staff, 1)
    payment = Payment.get()
    url = f"{HERE}/{payment.id}/take-back"
    empty = staff.post(url, {"reason": " "})
    assert empty.status_code == 422
    assert "aria-invalid" in empty.text
    assert paid()[0] == (1, date(2026, 11, 30))
    assert staff.post(url, {"reason": "Verkeerde factuur"}).status_code == 303
    assert paid()[0] == (1, None)
    event = Event.get(Event.verb == "take_back_payment")
    assert (event.invoice, event.reason, event.actor) == (number(1), "Verkeerde factuur", ready.staff)
    assert event.before == {"paid_on": TODAY, "amount_cents": 3813}
    assert staff.post(url, {"reason": "Nog eens"}).status_code == 404
    assert mark(staff, 1).status_code == 303


def test_a_file(staff: Visitor) -> None:
    page = text(upload(staff, f"2026-00001;{TODAY};38,13", "2026-00003;2026-11-29;76.25"))
    assert "2 nieuwe betalingen, €\xa0114,38" in page
    assert Payment.select().count() == 0
    assert confirm(staff, page).location == HERE
    assert paid() == [(1, date(2026, 11, 30)), (2, None), (3, date(2026, 11, 29))]
    assert {event.source for event in Event.select().where(Event.verb == "pay")} == {"payments.csv"}
    again = text(upload(staff, f"2026-00001;{TODAY};38,13", "2026-00003;2026-11-29;76.25"))
    assert again.count("al vastgelegd") == 2
    assert confirm(staff, page).status_code == 303
    assert Payment.select().count() == 2
    assert "er is niets veranderd" in text(staff.get(HERE))


def test_part_payments_add_up(staff: Visitor) -> None:
    page = text(upload(staff, "2026-00002;2026-11-27;500,00"))
    assert "€\xa090,98 staat nog open" in page
    confirm(staff, page)
    assert paid()[1] == (2, None)
    assert "van €\xa0590,98" in text(staff.get(HERE))
    page = text(upload(staff, "2026-00002;2026-11-27;500,00", "2026-00002;2026-11-28;90,98"))
    assert "1 nieuwe betaling" in page
    confirm(staff, page)
    assert paid()[1] == (2, date(2026, 11, 28))
    staff.post(f"{HERE}/{Payment.get(Payment.amount_cents == 50000).id}/take-back", {"reason": "Fout"})
    assert paid()[1] == (2, None)
    mark(staff, 2)
    entries = [one.amount_cents for one in Payment.select().order_by(Payment.id)]
    assert entries == [50000, 9098, -50000, 50000], "what was wrong stays, and what takes it back"


def test_two_equal_parts_in_one_file_are_two_payments(staff: Visitor) -> None:
    lines = ["2026-00002;2026-11-27;100,00"] * 2
    confirm(staff, text(upload(staff, *lines)))
    assert Payment.select().count() == 2
    assert text(upload(staff, *lines)).count("al vastgelegd") == 2
    assert "1 nieuwe betaling," in text(upload(staff, *lines, lines[0]))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2026-99999;2026-11-30;1,00", "er is geen factuur 2026-99999"),
        ("2026-00001;2026-11-30;38,14", "dit is meer dan er openstaat"),
        ("2026-00001;2026-11-30;0", "er is niets betaald"),
        ("2026-00001;2026-11-30;-38,13", "niet negatief"),
        ("2026-00001;2026-12-01;38,13", "deze dag moet nog komen"),
        ("2026-00001;30-13-2026;38,13", "30-13-2026"),
        ("2026-00001;0026-11-30;38,13", "0026-11-30 is geen datum"),
        ("2026-00001;2026-11-30;veel", "geen getal"),
        ("2026-00001;2026-11-30;99999999999,00", "te groot"),
        ("2026-00002;2026-11-30;1,00", "deze factuur is al betaald"),
        ("2026-00003;2026-11-30;1,00", "deze factuur is gecrediteerd"),
        ("2026-00004;2026-11-30;1,00", "dit is een creditnota"),
    ],
)
def test_an_error_stops_the_whole_file(staff: Visitor, ready: World, line: str, said: str) -> None:
    mark(staff, 2, on="2026-11-29")
    issue.credit(number(3).id, "Verkeerd", by=ready.staff)
    page = text(upload(staff, "2026-00001;2026-11-28;1,00", line), 422)
    assert said in page
    assert "regel 3" in page
    assert 'name="content"' not in page
    assert staff.post(f"{HERE}/record", {"content": f"{HEADER}\n{line}"}).status_code == 409
    assert received() == 1


def test_paid_twice_in_one_file(staff: Visitor) -> None:
    page = text(upload(staff, f"2026-00001;{TODAY};38,13", f"2026-00001;{TODAY};38,13"), 422)
    assert "regel 3" in page
    assert "deze factuur is al betaald" in page


def test_what_changed_since_the_preview(staff: Visitor) -> None:
    page = text(upload(staff, "2026-00001;2026-11-28;38,13", f"2026-00003;{TODAY};76,25"))
    mark(staff, 1)
    answer = text(confirm(staff, page), 409)
    assert "er is niets vastgelegd" in answer
    assert "deze factuur is al betaald" in answer
    assert Payment.select().count() == 1


@pytest.mark.parametrize(
    ("raw", "kind"), [(b"PK\x03\x04" + bytes(200), "ZIP"), (b"%PDF-1.7", "PDF"), (b"MZ\0", "EXE")]
)
def test_a_file_that_is_something_else(staff: Visitor, raw: bytes, kind: str) -> None:
    page = text(upload(staff, raw=raw), 422)
    assert f"payments.csv eindigt op .csv, maar er zit {kind} in" in page
    assert Payment.select().count() == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\xff\xfe\x00", b"\x03\x04PK", b"number;paid_on\n2026-00001;2026-11-30",
        HEADER.encode(), b'number;paid_on;amount\n"2026-00001;2026-11-30;38,13', "naam;bedrag".encode("utf-16"),
        b"number;paid_on;amount\n2026-00001;2026-11-30;38,13\xff", b"x" * 400_001,
        (HEADER + "\n2026-00001;2026-11-30;0,01" * 5001).encode(),
    ],
    ids=range(10),
)  # fmt: skip
def test_a_damaged_file(staff: Visitor, raw: bytes) -> None:
    page = text(upload(staff, raw=raw), 422)
    assert 'id="payment-problems"' in page
    content = raw.decode("latin-1").replace("\0", "")[:1000]
    assert staff.post(f"{HERE}/record", {"content": content}).status_code == 409
    assert Payment.select().count() == 0


def test_a_file_with_bom_commas_and_other_columns(staff: Visitor) -> None:
    raw = b'\xef\xbb\xbfbank,amount,number,paid_on\r\nABN,"38,13",2026-00001,2026-11-30\r\n'
    page = text(upload(staff, raw=raw))
    assert "Kolommen die niet gebruikt zijn: bank." in page
    confirm(staff, page)
    assert paid()[0] == (1, date(2026, 11, 30))


def test_no_file_chosen(staff: Visitor) -> None:
    response = staff.post(f"{HERE}/file", {"file": (io.BytesIO(b""), "")})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text
    assert staff.post(f"{HERE}/file").status_code == 422


@pytest.mark.parametrize(
    "url", [HERE, f"{HERE}/mark", f"{HERE}/file", f"{HERE}/record", f"{HERE}/1/take-back"]
)
def test_only_for_agency_staff(app: Flask, ready: World, url: str) -> None:
    for account in (ready.supervisor, ready.noor):
        visitor = Visitor(app, account)
        assert visitor.post(url).status_code == (405 if url == HERE else 403)
        assert visitor.get(url).status_code == (403 if url == HERE else 405)


def test_a_fixed_number_of_statements(staff: Visitor, ready: World) -> None:
    with count_queries() as few:
        staff.get(HERE)
    for each in range(12):
        budget = BudgetNumber.create(organisation=ready.fse, number=f"{each}.1")
        factories.sheet(
            factories.assignment(factories.worker(), ready.fse, budget), ready.period, state="approved"
        )
    invoice_cast.run()
    mark(staff, 1, 2)
    with count_queries() as many:
        staff.get(HERE)
    assert many.count == few.count <= 7
    with count_queries() as one:
        upload(staff, "2026-00005;2026-11-30;1,00")
    with count_queries() as lots:
        upload(staff, *(f"2026-000{each:02d};2026-11-30;1,00" for each in range(5, 15)))
    assert lots.count == one.count
