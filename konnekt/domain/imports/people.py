"""people.csv and rights.csv."""

from typing import Any

from konnekt.domain import clock, events
from konnekt.domain.imports import columns, doubts
from konnekt.domain.imports.columns import optional
from konnekt.domain.imports.reading import Row
from konnekt.domain.imports.run import File, Run
from konnekt.domain.records import people as records
from konnekt.domain.refused import N_
from konnekt.models import LANGUAGES, Account, Assignment
from konnekt.models.people import name_key

text = optional(columns.name, "")


def take_people(run: Run, rows: list[Row]) -> None:
    """People by e-mail address; they get no password here (`konnekt invite`, `konnekt set-password`)."""
    had_staff = _has_staff(run)
    before = {person.id: (person.employee_number, person.name) for person in run.people.by_id.values()}
    numbers = {(person.employee_number,) for person in run.people.by_key.values() if person.employee_number}
    _follow_addresses(run, rows)
    for row in rows:
        first, last = row["first_name"], row["last_name"]
        if first == "" and last == "":
            run.wrong(row, "last_name", N_("this must not be empty"))
        values = {
            "email": row["email"],
            "username": row["username"],
            "first_name": first,
            "last_name": last,
            # As Account.save does.
            "name_key": name_key(first, last) if first is not None and last is not None else "",
            "language": row["language"],
            "employee_number": row["employee_number"],
            "is_agency_staff": row["agency_staff"],
        }
        run.put(row, run.people, (row["email"],), values, created_at=clock.now())
    _check_names(run, rows)
    _check_workers(run, rows)
    _doubt_numbers(run, rows, before)
    doubts.of_new_codes(run, rows, ("employee_number",), numbers)
    run.doubtful_numbers = {row.cells.get("employee_number", "").strip() for row in rows if row.is_wrong}
    if had_staff and not _has_staff(run):
        for row in rows:
            if row["agency_staff"] is False and row["email"] in _changed(run, "is_agency_staff"):
                run.wrong(row, "agency_staff", N_("nobody of the agency would be left"))


def _follow_addresses(run: Run, rows: list[Row]) -> None:
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
        run.addresses[person.id] = old
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


def write_addresses(run: Run, by: Account | None) -> None:
    """What the form does with another mail address: links to the old one end, and an event says so."""
    for person in run.people.by_id.values():
        old = run.addresses.get(person.id)
        if old is not None:
            records.end_links(person)
            before, after = {"email": old}, {"email": person.email}
            events.record("change_person", by=by, source="import", person=person, before=before, after=after)


def _has_staff(run: Run) -> bool:
    return any(person.is_agency_staff and person.is_active for person in run.people.by_key.values())


def _changed(run: Run, column: str) -> set[str]:
    return {person.email for _, person in run.people.changed_in(column)}


def _check_names(run: Run, rows: list[Row]) -> None:
    """What one signs in with (e-mail or user name) and the employee number belong to one person."""
    everybody = run.people.by_key.values()
    usernames = _owners(everybody, "username")
    numbers = _owners(everybody, "employee_number")
    emails = _owners(everybody, "email")
    taken = N_("%(value)s is already that of %(email)s")
    for row in rows:
        own = row["email"]
        if row.is_wrong:
            continue
        for column, value, owners in (
            ("username", row["username"], usernames),
            ("username", row["username"], emails),
            ("email", own, usernames),
            ("employee_number", row["employee_number"], numbers),
        ):
            others = [owner for owner in owners.get(value, ()) if owner != own]
            if others:
                run.wrong(row, column, taken, value=value, email=others[0])


def _owners(people: Any, column: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for person in people:
        value = getattr(person, column)
        if value:
            found.setdefault(value, []).append(person.email)
    return found


def _check_workers(run: Run, rows: list[Row]) -> None:
    changed = _changed(run, "employee_number")
    emptied = [row for row in rows if row["email"] in changed and row["employee_number"] is None]
    if not emptied:
        return
    query = (
        Account.select(Account.email)
        .join(Assignment, on=(Assignment.worker == Account.id))
        .distinct()
        .tuples()
    )
    working = {email for (email,) in query}
    for row in emptied:
        if row["email"] in working:
            run.wrong(
                row, "employee_number", N_("this person has assignments, so the number can't be removed")
            )


def _doubt_numbers(run: Run, rows: list[Row], before: dict[int, tuple[str | None, str]]) -> None:
    """Somebody known gets another number: as where a file exchanges the addresses of two people."""
    for row in rows:
        person = None if row.is_wrong else run.people.by_key.get((row["email"],))
        old, name = before.get(person.id, (None, "")) if person is not None else (None, "")
        if old is not None and row["employee_number"] not in (old, None):
            run.doubt(
                row, "employee_number",
                N_("was %(number)s, of %(name)s: all hours and pay of this account go with it"),
                number=old, name=name,
            )  # fmt: skip


def take_rights(run: Run, rows: list[Row]) -> None:
    """Rights by person and organisation."""
    for row in rows:
        email, code = row["email"], row["organisation"]
        account = organisation = None
        if email:
            unknown = N_("the person %(email)s is unknown")
            account = run.refer(row, "email", run.people, (email,), unknown, email=email)
        if code:
            unknown = N_("the organisation %(code)s is unknown")
            organisation = run.refer(row, "organisation", run.organisations, (code,), unknown, code=code)
        values = {
            "account": account,
            "organisation": organisation,
            "may_approve": row["approve"],
            "may_register": row["register"],
            "may_see_invoices": row["invoices"],
        }
        run.put(row, run.rights, (email, code), values)
    doubts.of_rights(run, rows)


PEOPLE = File(
    "people.csv",
    ("email",),
    {
        "email": columns.email,
        "username": optional(columns.username),
        "first_name": text,
        "last_name": text,
        "language": columns.choice(*LANGUAGES),
        "employee_number": optional(columns.code),
        "agency_staff": columns.boolean,
    },
    take_people,
    "people",
)

RIGHTS = File(
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
)
