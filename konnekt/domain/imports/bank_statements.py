"""Bank statements as files: CAMT.053 (ISO 20022) and MT940 (SWIFT), into what stands in each of their lines.

Nothing is stored here. What is booked at the bank is read, what is only announced is not. A file with a line
of another account or currency is refused as a whole: it is not ours, or more than we know how to read.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from konnekt.domain import units
from konnekt.domain.payments import bank
from konnekt.domain.records import company_numbers
from konnekt.domain.refusals import Invalid
from konnekt.models import Agency

MOST_BYTES = 8_000_000
MOST_LINES = 20_000
LONGEST = {"name": 140, "reference": 140, "words": 1000}
# As it stands in MT940, between slashes or after a slash alone.
_IBAN = re.compile(r"(?:^|[^A-Z0-9])([A-Z]{2}[0-9]{2}[A-Z0-9]{11,30})(?![A-Z0-9])")
_NAME = re.compile(r"/NAME/([^/]+)")
# What a payment is called between banks, the same in whatever file it stands (ISO 20022).
_PAYMENT_IDS = ("TxId", "UETR")


def read(content: bytes) -> list[bank.StatementLine]:
    """The lines of a statement of the agency's account, in order. Raises Invalid with what is wrong."""
    if len(content) > MOST_BYTES:
        raise Invalid("The file is larger than %(most)s MB.", field="file", most=MOST_BYTES // 1_000_000)
    agency = Agency.get_or_none()
    iban = _plain(agency.iban if agency else "")
    if not iban:
        raise Invalid("The agency has no IBAN yet: fill it in first, under The agency itself.", field="file")
    is_xml = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    lines: list[bank.StatementLine] = []
    for line in (_camt if is_xml else _mt940)(content, iban):
        lines.append(line)
        if len(lines) > MOST_LINES:
            raise Invalid(
                "The file has more than %(most)s lines: read it in pieces.", field="file", most=MOST_LINES
            )
    return lines


def _camt(content: bytes, ours: str) -> Iterator[bank.StatementLine]:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise _unreadable() from error
    if "camt.053" not in root.tag:
        raise _unreadable()
    for one in root.iter():
        # Versions differ in little more than their namespace.
        one.tag = one.tag.rpartition("}")[2]
    statements = root.findall("BkToCstmrStmt/Stmt")
    if not statements:
        raise _unreadable()
    for statement in statements:
        _must_be_ours(statement.findtext("Acct/Id/IBAN") or statement.findtext("Acct/Id/Othr/Id") or "", ours)
        for number, entry in enumerate(statement.findall("Ntry"), start=1):
            if (entry.findtext("Sts/Cd") or entry.findtext("Sts") or "BOOK").strip() == "BOOK":
                yield from _entry(entry, number)


def _entry(entry: Any, number: int) -> Iterator[bank.StatementLine]:
    """One amount; a batch of several payments that has the amount of each is so many lines.

    What came on the account counts, in euros; what somebody paid in another currency is one of its details.
    """
    day = _day(entry.findtext("BookgDt/Dt") or entry.findtext("BookgDt/DtTm") or "", number)
    is_credit = _one_of(entry.findtext("CdtDbtInd"), number)
    details = entry.findall("NtryDtls/TxDtls")
    amounts = [
        one.find("Amt") if one.find("Amt") is not None else one.find("AmtDtls/TxAmt/Amt") for one in details
    ]
    whole = _cents(entry.find("Amt"), number)
    is_told = all(one is not None and one.get("Ccy") == "EUR" for one in amounts)
    parts = [_cents(amount, number) for amount in amounts] if is_told else []
    is_alone = len(details) < 2
    if is_alone or sum(parts) != whole:
        details, parts = [entry], [whole]
    for position, (detail, cents) in enumerate(zip(details, parts, strict=True)):
        party = "Dbtr" if is_credit else "Cdtr"
        named = [detail.findtext(f".//RltdPties/{path}") for path in (f"{party}/Pty/Nm", f"{party}/Nm")]
        said = ["Refs/EndToEndId", "RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/RfrdDocInf/Nb", "RmtInf/Ustrd"]
        words = [one.text for path in said for one in detail.iterfind(f".//{path}") if one.text]
        words += [text for text in [entry.findtext("AddtlNtryInf")] if text and not words]
        reference = detail.findtext("Refs/AcctSvcrRef") if detail is not entry else ""
        of_entry, place = entry.findtext("AcctSvcrRef") or "", f"#{position}" if len(parts) > 1 else ""
        reference = reference or (of_entry and of_entry + place)
        # Of a batch that is one amount there are several: none of them is its own.
        ids = [one.text for path in _PAYMENT_IDS for one in detail.iterfind(f".//Refs/{path}")]
        ids = [one for one in ids if one and one != "NOTPROVIDED"]
        yield bank.StatementLine(
            format="camt",
            booked_on=day,
            cents=cents if is_credit else -cents,
            reference=_text(reference, "reference"),
            name=_text(next(filter(None, named), ""), "name"),
            iban=_plain(detail.findtext(f".//RltdPties/{party}Acct/Id/IBAN")),
            words=_text(" ".join(word for word in words if word != "NOTPROVIDED"), "words"),
            is_reversal=(entry.findtext("RvslInd") or "").strip() in ("true", "1"),
            payment_id=_text(ids[0], "reference") if ids and (detail is not entry or is_alone) else "",
            former=place,
        )


def _mt940(content: bytes, ours: str) -> Iterator[bank.StatementLine]:
    import mt940

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if ":61:" not in text and ":60" not in text:
        raise _unreadable()
    try:
        statements = mt940.parse(text)
        accounts = re.findall(r"^:25:(.*)$", text, re.M)
    except (ValueError, RuntimeError, AssertionError, KeyError, ArithmeticError) as error:
        raise _unreadable() from error
    if not accounts:
        raise _unreadable()
    for account in accounts:
        _must_be_ours(account, ours)
    for number, one in enumerate(statements, start=1):
        data = one.data
        if "amount" not in data or "date" not in data:
            continue
        if data["amount"].currency != "EUR":
            raise _foreign(number)
        # Banks cut what was written into lines of one length, in the middle of numbers too.
        written = f"{data.get('transaction_details') or ''}\n{data.get('extra_details') or ''}".strip()
        joined = written.replace("\n", "")
        references = [
            data.get("customer_reference") or "",
            joined,
            written.replace("\n", " ") * ("\n" in written),
        ]
        named = _NAME.search(joined)
        reference = data.get("bank_reference") or ""
        booked = data.get("entry_date") or data["date"]
        # RC takes a credit back: money out, which the library gives as money in.
        mark = (data.get("status") or "").upper()
        cents = _checked(abs(data["amount"].amount), number)
        yield bank.StatementLine(
            format="mt940",
            booked_on=date(booked.year, booked.month, booked.day),
            cents=-cents if mark in ("D", "RC") else cents,
            reference=_text("" if reference.upper() in ("", "NONREF") else reference, "reference"),
            name=_text(named[1] if named else "", "name"),
            iban=next(filter(_is_iban, _IBAN.findall(joined)), ""),
            words=_text(" ".join(word for word in references if word and word != "NONREF"), "words"),
            is_reversal=mark.startswith("R"),
        )


def _unreadable() -> Invalid:
    return Invalid(
        "This is no bank statement as CAMT.053 or MT940, or it is damaged: nothing was booked.", field="file"
    )


def _foreign(number: int) -> Invalid:
    return Invalid(
        "Line %(line)s of the statement is not in euros: nothing was booked.", field="file", line=number
    )


def _wrong(number: int) -> Invalid:
    return Invalid(
        "Line %(line)s of the statement can't be read: nothing was booked.", field="file", line=number
    )


def _must_be_ours(account: str, ours: str) -> None:
    # In MT940 the currency may stand behind it.
    read = re.sub(r"EUR$", "", _plain(account))
    if read != ours:
        shown = read[:40] or "?"
        raise Invalid(
            "The statement is of account %(account)s, not of the agency's: nothing was booked.",
            field="file",
            account=shown,
        )


def _cents(amount: Any, number: int) -> int:
    if amount is None:
        raise _wrong(number)
    if amount.get("Ccy") != "EUR":
        raise _foreign(number)
    return _checked(amount.text or "", number)


def _checked(amount: Any, number: int) -> int:
    try:
        cents = Decimal(str(amount).strip()) * 100
        if cents != cents.to_integral_value() or not 0 <= cents <= units.LARGEST:
            raise _wrong(number)
    except ArithmeticError as error:
        raise _wrong(number) from error
    return int(cents)


def _one_of(indicator: str | None, number: int) -> bool:
    if indicator not in ("CRDT", "DBIT"):
        raise _wrong(number)
    return indicator == "CRDT"


def _day(text: str, number: int) -> date:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError as error:
        raise _wrong(number) from error


def _plain(iban: str | None) -> str:
    return re.sub(r"[^A-Z0-9]", "", (iban or "").upper())


def _is_iban(text: str) -> bool:
    """Whether it adds up: a reference of the payer's can look like one, and stands before it."""
    try:
        return bool(company_numbers.iban(text, "file"))
    except Invalid:
        return False


def _text(text: str, what: str) -> str:
    printed = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printed.split())[: LONGEST[what]]
