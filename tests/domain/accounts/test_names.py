"""Names: found as any keyboard types them, sorted as Dutch lists sort, on both databases alike."""

import pytest

from konnekt.domain import access
from konnekt.domain.accounts import people
from konnekt.domain.approvals import waiting
from konnekt.domain.corrections import supplementary
from konnekt.domain.imports import import_files
from konnekt.domain.invoices import listing
from konnekt.domain.payments import open_amounts
from konnekt.domain.records import (
    assignment_list,
    assignments,
    lists,
    organisations,
    people as records,
    placement,
)
from konnekt.domain.refusals import Invalid
from konnekt.domain.text_fields import line
from konnekt.fonts import unprintable
from konnekt.models import Account, Assignment, Organisation, Timesheet
from konnekt.models.people import fold, name_key, without_prefix, words
from tests import factories
from tests.factories import World

SPELLINGS = [
    ("Łukasz", "Lukasz"),
    ("Sørensen", "Sorensen"),
    ("O’Brien", "O'Brien"),
    ("O’Brien", "OBrien"),
    ("O`Brien", "O´Brien"),
    ("D’hondt", "Dhondt"),
    ("Đặng", "Dang"),
    ("Þórsdóttir", "Thorsdottir"),
    ("Strauß", "STRAUSS"),
    ("Ħaż-Żebbuġ", "Haz Zebbug"),
    ("Smit‑Bakker", "smit-bakker"),
    ("Smit–Bakker", "Smit Bakker"),
    ("Smit-Bakker", "SmitBakker"),
    ("Ĳsbrand", "IJsbrand"),
    ("Işık", "isik"),
    ("J.P.", "JP"),
    ("Соловьёв", "Solovev"),
    ("王小明", "WangXiaoMing"),
    ("Ｌｉｎ", "Lin"),
]


@pytest.mark.parametrize(("written", "typed"), SPELLINGS)
def test_each_spelling_finds_the_other(written: str, typed: str) -> None:
    assert all(word in fold(written) for word in words(typed))
    assert all(word in fold(typed) for word in words(written)) or " " in typed


@pytest.mark.parametrize("word", ["Sorensen", "%", "_", "", " ' "])
def test_nothing_typed_breaks_a_search(world: World, word: str) -> None:
    assert lists.people(word).count == (0 if word.strip() else 5)
    assert lists.organisations(word).count == (0 if word.strip() else 2)
    assert open_amounts.due(word).count == 0
    assert words("\0\ud800") == []


@pytest.mark.parametrize(
    ("family_name", "sorts_by"),
    [
        ("van den Bakker", "Bakker"),
        ("Van den Bakker", "Bakker"),
        ("de Vries", "Vries"),
        ("'t Hart", "Hart"),
        ("’t Hart", "Hart"),
        ("van ’t Hoff", "Hoff"),
        ("Ten Cate", "Cate"),
        ("in 't Veld", "Veld"),
        ("d'Ancona", "Ancona"),
        ("D’hondt", "D'hondt"),
        ("'s-Gravesande", "Gravesande"),
        ("von der Leyen", "Leyen"),
        ("De la Cruz", "Cruz"),
        # With a capital these are part of the name, and of one word nothing is left out.
        ("El Idrissi", "El Idrissi"),
        ("Di Maria", "Di Maria"),
        ("Le", "Le"),
        ("van", "van"),
        ("Vandenberg", "Vandenberg"),
        ("Hendriks - de Vries", "Hendriks - de Vries"),
        ("", ""),
    ],
)
def test_a_family_name_sorts_without_its_prefix(family_name: str, sorts_by: str) -> None:
    assert without_prefix(family_name) == sorts_by


def test_lists_sort_by_family_name_without_prefix_and_pages_are_stable(world: World) -> None:
    names = ["Bakkers", "van den Bakker", "Bäkker", "Ten Cate", "de Vries", "’t Hart", "Ängström", "Çelik"]
    for last in reversed(names):
        factories.assignment(factories.worker("Zoë", last), world.fse, world.fse_budget)
    wanted = [
        "Ängström",
        "Bäkker",
        "van den Bakker",
        "Bakkers",
        "Ten Cate",
        "Çelik",
        "’t Hart",
        "Hendriks",
        "de Vries",
    ]
    assert [row.last_name for row in lists.people(role="worker").rows] == wanted
    found = assignment_list.find(assignment_list.AssignmentFilter())
    assert [row.worker.last_name for row in found.rows] == wanted
    everybody = list(Account.select().where(Account.employee_number.is_null(False)))
    assert [one.last_name for one in sorted(everybody, key=lambda one: (one.name_key, one.id))] == wanted


def test_every_search_finds_a_name_as_it_is_typed(world: World) -> None:
    soren = factories.worker("Søren", "D’hondt-Łęcki")
    there = factories.organisation("CAF", name="Café Œuvre ’t Höfke")
    factories.assignment(soren, there, None)
    sheet_of = factories.assignment(soren, world.fse, world.fse_budget)
    sheet = factories.sheet(sheet_of, world.period, {}, state="submitted")
    grants = access.grants(world.supervisor)
    for typed in ("soren dhondt", "D'Hondt", "Lecki", "Søren", "Łęcki d’hondt", "hondtlecki"):
        assert [row.id for row in lists.people(typed).rows] == [soren.id], typed
        assert [row.id for row in placement.workers(typed)] == [soren.id], typed
        assert assignment_list.find(assignment_list.AssignmentFilter(text=typed)).count == 2, typed
        assert sum(group.is_named for group in waiting.count(grants, typed).groups) == 1, typed
        assert supplementary.correctable(typed).rows == []
    assert lists.people(soren.employee_number).count == 1, "what is no name is found as it is written"
    assert waiting.count(grants, "Sorenson").groups[0].is_named is False
    assert Timesheet.get_by_id(sheet.id).assignment_id == sheet_of.id
    for typed in ("cafe oeuvre", "Café", "hofke", "'t Höfke", "CAF"):
        assert [row.code for row in lists.organisations(typed).rows] == ["CAF"], typed
        assert open_amounts.due(typed).count == 0
        assert listing.page(access.grants(world.staff), listing.InvoiceFilter(text=typed), 1, 0).rows == []


def test_an_upgrade_renews_the_keys_of_names(world: World) -> None:
    person = factories.worker("Anna", "van den Bäkker")
    assert person.name_key == name_key("Anna", "van den Bäkker") == "bakker anna van den bakker"
    Account.update(name_key="van den bakker anna").where(Account.id == person.id).execute()
    Organisation.update(name_key="").execute()
    people.renew_keys()
    assert Account.get_by_id(person.id).name_key == "bakker anna van den bakker"
    assert {row.name_key for row in Organisation.select()} == {
        "faculty of science and engineering",
        "faculteit der rechtsgeleerdheid",
    }
    assert Assignment.select().count() == 1


@pytest.mark.parametrize(
    ("name", "unprinted"),
    [
        ("Łucja Thuỳ Şahin Ðặng Ħaż ĳ", ""),
        ("Соловьёв Παπαδόπουλος", ""),
        ("Thuy\u0300", ""),
        ("王小明", "王 小 明"),
        ("محمد", "م ح د"),
        ("אברהם", "א ב ר ה ם"),
        ("สมชาย नाम", "ส ม ช า ย"),
        ("Zoë 🦉🦉", "🦉"),
        ("\n\t", ""),
    ],
)
def test_what_documents_print_is_what_their_fonts_have(name: str, unprinted: str) -> None:
    assert unprintable(name) == unprinted


def test_a_name_that_no_document_prints_is_refused_in_form_and_import(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        line("Wang 小明", "first_name")
    assert (refused.value.field, str(refused.value)) == (
        "first_name",
        "Invoices can't print this: 小 明. Type it in Latin letters.",
    )
    rows = "email;username;first_name;last_name;language;employee_number;agency_staff\nx@um.example;;小明;Wang;nl;;0\n"
    report = import_files({"people.csv": rows.encode()})
    assert [str(one) for one in report.problems] == [
        "people.csv:2: first_name: Invoices can't print this: 小 明. Type it in Latin letters."
    ]


def test_a_stored_name_that_no_document_prints_holds_nothing_else_up(world: World) -> None:
    """It was typed before this was asked: everything beside it can still be saved."""
    name = {"first_name": "محمد", "last_name": "王"}
    Account.update(name).where(Account.id == world.noor.id).execute()
    row = records.find(world.noor.id)
    values = {column: getattr(row, column) for column in records.COLUMNS} | {"language": "en"}
    changed = records.change(row.id, values, seen=records.seen(row), by=world.staff)
    assert (changed.language, changed.first_name) == ("en", "محمد")
    with pytest.raises(Invalid, match="小"):
        records.change(
            row.id, values | name | {"last_name": "王小"}, seen=records.seen(changed), by=world.staff
        )

    Organisation.update(name="王", city="王").where(Organisation.id == world.law.id).execute()
    law = organisations.find("LAW")
    values = {column: getattr(law, column) for column in organisations.COLUMNS} | {"postcode": "6211 LH"}
    organisations.change("LAW", values, seen=organisations.seen(law), by=world.staff)
    assert organisations.find("LAW").postcode == "6211 LH"

    Assignment.update(job_title="王").where(Assignment.id == world.assignment.id).execute()
    ended = assignments.end(world.assignment.id, world.period.last_on, by=world.staff)
    assert (ended.job_title, ended.last_on) == ("王", world.period.last_on)


@pytest.mark.parametrize("field", ["first_name", "last_name", "username"])
def test_the_command_that_invites_refuses_such_a_name_too(world: World, field: str) -> None:
    values = {"first_name": "Wang", "last_name": "Wang", "username": "", field: "小明\udce9"}
    with pytest.raises(Invalid, match="Invoices can't print this: 小 明") as refused:
        people.make("x@um.example", language="nl", **values)
    assert refused.value.field == field
