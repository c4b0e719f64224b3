"""Handing e-invoices over for Peppol: a folder that an access point's own programme empties and answers in.

docs/operating.md has the contract. A round writes what waits, whole or not at all, and reads the answers.
"""

import logging
import os
import re
from pathlib import Path

from konnekt.background import mail
from konnekt.db import hold, transaction
from konnekt.domain import clock
from konnekt.models import Dispatch, Document, Installation, Invoice
from konnekt.models.dispatches import DELIVERED, REFUSED, SENT

log = logging.getLogger(__name__)

# NUMBER.sent or NUMBER.refused; no other name is looked at.
ANSWER = re.compile(r"([0-9]{4}-[0-9]{5,9})\.(sent|refused)")
OUTCOMES = {"sent": DELIVERED, "refused": REFUSED}
LONGEST_ANSWER = 500
AT_ONCE = 100


def go_round() -> int:
    """Write what waits and read the answers; returns how many were written. Nothing without the setting.

    Raises OSError where the folder can't be read or written: what waits goes on waiting.
    """
    folder = mail.config().peppol_folder
    if folder is None or Installation.select().where(Installation.is_held()).exists():
        return 0
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in sorted(folder.iterdir())[:AT_ONCE]:
        if file.is_file() and (named := ANSWER.fullmatch(file.name)):
            _read(file, named[1], OUTCOMES[named[2]])
    waiting = (Dispatch.way == "peppol") & (Dispatch.outcome == "")
    query = Dispatch.select(Dispatch.id).where(waiting).order_by(Dispatch.id).limit(AT_ONCE)
    return sum(_hand_over(one, folder) for (one,) in list(query.tuples()))


def _hand_over(dispatch: int, folder: Path) -> bool:
    """Write one e-invoice under its number; of two hosts at once, or after a withdrawal, one does."""
    with transaction():
        hold("invoices")
        waits = (Dispatch.id == dispatch) & (Dispatch.outcome == "")
        row = Dispatch.select(Dispatch, Invoice).join(Invoice).where(waits).first()
        if row is None:
            return False
        document = Document.get_or_none((Document.invoice == row.invoice_id) & (Document.kind == "ubl"))
        content = document.whole() if document else None
        if not content:
            log.warning("the e-invoice of %s is not there to hand over", row.invoice.number_text)
            return False
        for old in ("sent", "refused"):
            (folder / f"{row.invoice.number_text}.{old}").unlink(missing_ok=True)
        _write(folder, f"{row.invoice.number_text}.xml", content)
        Dispatch.update(outcome=SENT, outcome_at=clock.now()).where(waits).execute()
    log.info("e-invoice %s was handed over for Peppol", row.invoice.number_text)
    return True


def _write(folder: Path, name: str, content: bytes) -> None:
    part = folder / f"{name}.part"
    handle = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o640)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        os.fsync(file.fileno())
    part.replace(folder / name)


def _read(file: Path, number: str, outcome: str) -> None:
    """Keep what an access point answers, and take the file away; what nobody asked stays as `.unknown`."""
    with file.open("rb") as opened:
        said = opened.read(4 * LONGEST_ANSWER).decode(errors="replace")
    answer = " ".join(said.replace("\0", "").split())[:LONGEST_ANSWER]
    with transaction():
        handed_over = (Dispatch.way == "peppol") & (Dispatch.outcome == SENT)
        last = (
            Dispatch.select(Dispatch.id)
            .join(Invoice)
            .where(handed_over & (Invoice.number_text == number))
            .order_by(Dispatch.id.desc())
            .first()
        )
        if last is not None:
            answered = {"outcome": outcome, "outcome_at": clock.now(), "answer": answer}
            Dispatch.update(answered).where(Dispatch.id == last.id).execute()
    if last is None:
        log.warning("an access point answers about %s, which it was not given", number)
        file.replace(file.with_name(f"{file.name}.unknown"))
    else:
        file.unlink()
