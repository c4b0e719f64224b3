"""people.csv and rights.csv."""

from collections import defaultdict
from typing import Any

from konnekt.domain import clock
from konnekt.domain.accounts import agency_roles
from konnekt.domain.imports import columns, warnings
from konnekt.domain.imports.columns import word
from konnekt.domain.imports.files import ImportFile
from konnekt.domain.imports.reading import FileRow
from konnekt.domain.imports.run import Run
from konnekt.domain.records import people as records, proposals, rights, staff
from konnekt.domain.refusals import N_
from konnekt.models import Account
from konnekt.models.people import name_key


def take_people(run: Run, rows: list[FileRow]) -> None:
    """People by e-mail address; they get no password here (`konnekt invite`, `konnekt set-password`)."""
    had_staff = _has_staff(run)
    numbers = {(person.employee_number,) for person in run.people.by_key.values() if person.employee_number}
    _follow_addresses(run, rows)
    for row in rows:
        # As the form and Account.save do.
        more: dict[str, Any] = {"name_key": name_key(row["first_name"] or "", row["last_name"] or "")}
        more["agency_roles"] = _roles(run, row)
        if (row["email"],) not in run.people.by_key:
            more["created_at"] = clock.now()
        run.put(PEOPLE, row, **more)
    _check_free(run, rows)
    is_left_alone = had_staff and not _has_staff(run)
    for row, person in run.news(rows):
        was = run.people.was(person)
        with run.judging(row, "email"):
            records.check_is_somebody(person)
        with run.judging(row, "agency_staff"):
            if was.get("employee_number") and not person.employee_number:
                records.check_number_stays(person)
            if was.get("is_agency_staff"):
                staff.check_staffed(not is_left_alone)
        _two_decide(run, row, person, was)
        _doubt(run, row, person, was)
    warnings.of_new_codes(run, rows, ("employee_number",), numbers)
    run.doubtful_numbers = {row.cells.get("employee_number", "").strip() for row in rows if row.is_wrong}


def _two_decide(run: Run, row: FileRow, person: Account, was: dict[str, Any]) -> None:
    """What takes two persons is none of a file's, where there are two; else all of the agency hear of it."""
    old = Account(**person.__data__ | was) if person.id is not None else Account(email=person.email)
    names = staff.for_two(old, person, is_own=run.by is not None and person.id == run.by.id)
    if names and proposals.needs_second(run.by):
        said = N_("a second person has to confirm this: change it on the page of the person")
        run.wrong(row, "email" if names == {"email"} else "agency_staff", said)
    elif names:
        run.alone.append(person)


def tell_alone(run: Run) -> None:
    """Say what one person decided, there being no second."""
    for one in run.alone:
        if run.by is not None:
            proposals.tell_alone(one, by=run.by, source="import")


def _roles(run: Run, row: FileRow) -> str:
    """Who begins to work at the agency has all roles there; who does already keeps what the page gave."""
    account = run.people.by_key.get((row["email"],))
    if not row["agency_staff"]:
        return ""
    return str(account.agency_roles) if account is not None and account.is_agency_staff else agency_roles.ALL


def _follow_addresses(run: Run, rows: list[FileRow]) -> None:
    """Put who has another mail address now under it: found by the employee number.

    Whose old address is still in the file, or who gives the number to somebody with an account, is an error.
    """
    written = {row["email"] for row in rows}
    numbers = _owners(run.people.by_key.values(), "employee_number")
    for row in rows:
        old = next(iter(numbers.get(row["employee_number"], ())), None)
        new = row["email"]
        if row.is_wrong or not new or (new,) in run.people.by_key:
            continue
        if old is None or old in written or (old,) not in run.people.by_key:
            continue
        person = run.people.by_key.pop((old,))
        run.people.by_key[new,] = person
        written.add(new)
        if "rights" in run.__dict__:
            run.rights.by_key = {
                (right.account.email if right.account is not person else new, right.organisation.code): right
                for right in run.rights.by_key.values()
            }
        run.doubt(
            row, "email", N_("the mail address of employee %(number)s, %(name)s, was %(email)s"),
            number=person.employee_number, name=person.name, email=old,
        )  # fmt: skip


def end_links(run: Run) -> None:
    """What the form does with another mail address: links to the old one end, and a mail to it says so."""
    for person, before in run.people.changed.values():
        if "email" in before:
            records.address_changed(person, before["email"])


def _has_staff(run: Run) -> bool:
    """Whether somebody has the role Administration and can sign in."""
    people = (person for person in run.people.by_key.values() if person.is_active)
    return any(agency_roles.ADMINISTRATION in agency_roles.of(person) for person in people)


def _check_free(run: Run, rows: list[FileRow]) -> None:
    owners: dict[str, list[Account]] = defaultdict(list)
    for person in run.people.by_key.values():
        for value in (person.email, person.username, person.employee_number):
            owners[value].append(person)
    for row, person in run.news(rows):
        names = records.OWN if person.id is None else run.people.was(person).keys() & set(records.OWN)
        new = {name: getattr(person, name) for name in records.OWN if name in names}
        # Most have no user name: whoever has none either is nobody's rival.
        others = [one for value in new.values() if value for one in owners[value] if one is not person]
        with run.judging(row):
            records.check_free(new, others)


def _owners(people: Any, column: str) -> dict[str, list[str]]:
    emails: dict[str, list[str]] = {}
    for person in people:
        value = getattr(person, column)
        if value:
            emails.setdefault(value, []).append(person.email)
    return emails


def _doubt(run: Run, row: FileRow, person: Account, was: dict[str, Any]) -> None:
    """Somebody known gets another number, as where a file exchanges the addresses of two; or other doors."""
    number = was.get("employee_number")
    if number and person.employee_number:
        names = {name: was.get(name, getattr(person, name)) for name in ("first_name", "last_name")}
        run.doubt(
            row, "employee_number",
            N_("was %(number)s, of %(name)s: all hours and pay of this account go with it"),
            number=number, name=Account(**names).name,
        )  # fmt: skip
    if person.is_agency_staff != was.get("is_agency_staff", person.is_agency_staff and person.id is not None):
        run.doubt(
            row, "agency_staff",
            N_("%(name)s gets the pages of the agency, and all that it may do")
            if person.is_agency_staff
            else N_("%(name)s loses the pages of the agency"),
            name=person.name,
        )  # fmt: skip


def take_rights(run: Run, rows: list[FileRow]) -> None:
    """Rights by person and organisation; three zeros take them away, as the form's Remove does."""
    unknown = N_("the person %(email)s is unknown")
    for row in rows:
        email, key = row["email"], (row["email"], row["organisation"])
        organisation = run.organisation(row)
        account = run.refer(row, "email", run.people, (email,), unknown, email=email) if email else None
        if row.is_wrong or any(row[column] for column in RIGHTS.names):
            run.put(RIGHTS, row, account=account, organisation=organisation)
        else:
            run.report.files[row.file].outcomes[row.line] = run.rights.remove(key)
    for row, right in run.news(rows):
        if right is not None and right.id is None:
            with run.judging(row):
                rights.check_open(right.organisation)
                records.check_is_somebody(right.account)
    warnings.of_rights(run, rows)


PEOPLE = ImportFile(
    "people.csv",
    ("email",),
    {
        "email": columns.email,
        **dict.fromkeys(("username", "first_name", "last_name", "language", "employee_number"), word),
        "agency_staff": columns.boolean,
    },
    take_people,
    "people",
    record=records.RECORD,
    names={"agency_staff": "is_agency_staff"},
)

RIGHTS = ImportFile(
    "rights.csv",
    ("email", "organisation"),
    {
        "email": columns.email,
        "organisation": columns.code,
        "approve": columns.boolean,
        "register": columns.boolean,
        "invoices": columns.boolean,
    },
    take_rights,
    "rights",
    record=rights.RECORD,
    names={"approve": "may_approve", "register": "may_register", "invoices": "may_see_invoices"},
)
