"""The triggers that keep the record of what happened (chains.py): it is added to, and one draft goes on.

The one other change is that words and values of an event are erased, which a later event has to say.
"""

from peewee import SqliteDatabase

from konnekt.db import db


def _is_sqlite() -> bool:
    return isinstance(db.obj, SqliteDatabase)


# The last step of a timesheet while it is still being taken: a draft that saves itself as one types, on one
# day. All of it stays but when, which revision, what came of it, and therefore its hash.
_STAYS = ("id", "timesheet_id", "invoice_id", "organisation_id", "person_id", "thing", "verb", "actor_id",
          "on_behalf_of_id", "source", "reason", "before", "batch", "previous",
          "salt", "erased", "erased_by_id")  # fmt: skip
_IS_STILL_TAKEN = (
    "OLD.verb = 'save' AND OLD.erased = '' AND NEW.hash <> OLD.hash AND NOT EXISTS"
    " (SELECT 1 FROM event e WHERE e.timesheet_id = OLD.timesheet_id AND e.id > OLD.id)"
    " AND {same_day} AND {same}"
)
# Words and values go, what is left stays, and an event that came later says so.
_UNERASED = ("id", "timesheet_id", "invoice_id", "organisation_id", "person_id", "thing", "verb", "at",
         "actor_id", "on_behalf_of_id", "source", "revision", "batch", "previous", "hash")  # fmt: skip
ERASING = "erase"
_IS_ERASED = (
    "OLD.erased = '' AND length(NEW.erased) = 64 AND NEW.salt = '' AND NEW.reason = ''"  # noqa: S608
    ' AND NEW."before" IS NULL AND NEW."after" IS NULL'
    f" AND OLD.verb <> '{ERASING}' AND EXISTS (SELECT 1 FROM event e WHERE e.id = NEW.erased_by_id"
    f" AND e.id > OLD.id AND e.verb = '{ERASING}') AND {{unerased}}"
)
_MAY_CHANGE = f"({_IS_STILL_TAKEN}) OR ({_IS_ERASED})"
_ONLY_GROWS = "NEW.name = OLD.name AND NEW.events >= OLD.events"
REFUSAL = "the record of what happened is only added to"
# A host that knows no chains yet would leave a hole in them.
_IS_CHAINED = "NEW.hash <> ''"
# Per table: what happens there, and under which condition it may.
_REFUSED = (
    ("event", "insert", _IS_CHAINED), ("event", "update", _MAY_CHANGE), ("event", "delete", "1 = 0"),
    ("event_chain", "update", _ONLY_GROWS), ("event_chain", "delete", "1 = 0"),
)  # fmt: skip


def install() -> None:
    """Have both tables refuse whatever is not adding to them."""
    same = "IS" if _is_sqlite() else "IS NOT DISTINCT FROM"
    stays, unerased = (
        " AND ".join(f'NEW."{name}" {same} OLD."{name}"' for name in names) for names in (_STAYS, _UNERASED)
    )
    day = "date(NEW.at) = date(OLD.at)"
    for table, what, condition in _REFUSED:
        name = f"append_only_{table}_{what}"
        may = condition.format(same=stays, same_day=day, unerased=unerased)
        if _is_sqlite():
            refuse = f"SELECT RAISE(ABORT, '{REFUSAL}');"
            before = f'CREATE TRIGGER IF NOT EXISTS "{name}" BEFORE {what} ON "{table}"'
            db.execute_sql(f"{before} WHEN NOT ({may}) BEGIN {refuse} END")
            continue
        refuse = f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'"
        row = "OLD" if what == "delete" else "NEW"
        # What reads other rows can't stand in the trigger itself, which is quicker.
        asked, when = (may, "") if "EXISTS" in may else ("1 = 0", f"WHEN (NOT ({may}))")
        body = f"$$ BEGIN IF NOT ({asked}) THEN {refuse}; END IF; RETURN {row}; END $$"
        db.execute_sql(f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS {body}')
        db.execute_sql(f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"')
        done = f'FOR EACH ROW {when} EXECUTE FUNCTION "{name}"()'
        db.execute_sql(f'CREATE TRIGGER "{name}" BEFORE {what} ON "{table}" {done}')
    if not _is_sqlite():
        for table in ("event", "event_chain"):
            name = f"append_only_{table}_truncate"
            done = f'EXECUTE FUNCTION "append_only_{table}_delete"()'
            db.execute_sql(f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"')
            db.execute_sql(f'CREATE TRIGGER "{name}" BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT {done}')


def are_there() -> bool:
    """Whether both tables refuse."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if _is_sqlite()
        else "SELECT tgname FROM pg_trigger WHERE tgenabled = 'O'"
    )
    there = {name for (name,) in db.execute_sql(query).fetchall()}
    return {f"append_only_{table}_{what}" for table, what, _ in _REFUSED} <= there


def remove() -> None:
    """Take them away, as far as they are there: tables are about to change."""
    there = set(db.get_tables())
    for table, what in [*((table, what) for table, what, _ in _REFUSED), ("event", "truncate"),
                        ("event_chain", "truncate")]:  # fmt: skip
        if table in there:
            on = "" if _is_sqlite() else f' ON "{table}"'
            db.execute_sql(f'DROP TRIGGER IF EXISTS "append_only_{table}_{what}"{on}')
