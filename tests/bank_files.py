"""Bank statements as banks write them, for tests: CAMT.053 and MT940 of the same lines."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

IBAN = "NL91ABNA0417164300"
DAY = date(2026, 11, 27)


@dataclass(frozen=True)
class Line:
    """cents: positive for money in."""

    cents: int
    words: str = ""
    reference: str = ""
    name: str = "Universiteit Maastricht"
    iban: str = "NL20INGB0001234567"
    on: date = DAY
    payment_id: str = ""

    @property
    def amount(self) -> Decimal:
        return Decimal(abs(self.cents)) / 100


def camt(*lines: Line, iban: str = IBAN, currency: str = "EUR", status: str = "BOOK") -> bytes:
    """CAMT.053.001.08, as Dutch banks have it since 2025."""
    entries = "".join(_entry(line, currency, status) for line in lines)
    space = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{space}"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId>'
        f"</GrpHdr><Stmt><Id>1</Id><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>{entries}</Stmt>"
        "</BkToCstmrStmt></Document>"
    ).encode()


def _entry(line: Line, currency: str, status: str) -> str:
    side, party = ("CRDT", "Dbtr") if line.cents > 0 else ("DBIT", "Cdtr")
    reference = f"<AcctSvcrRef>{line.reference}</AcctSvcrRef>" if line.reference else ""
    payment_id = f"<TxId>{line.payment_id}</TxId>" if line.payment_id else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{line.amount:.2f}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>'
        f"<BookgDt><Dt>{line.on}</Dt></BookgDt>{reference}<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId>"
        f"{payment_id}</Refs><RltdPties><{party}><Pty><Nm>{escape(line.name)}</Nm></Pty></{party}><{party}Acct><Id><IBAN>"
        f"{line.iban}</IBAN></Id></{party}Acct></RltdPties><RmtInf><Ustrd>{escape(line.words)}</Ustrd></RmtInf>"
        "</TxDtls></NtryDtls></Ntry>"
    )


def mt940(*lines: Line, iban: str = IBAN, currency: str = "EUR") -> bytes:
    """MT940 with structured details, cut into lines of 65 letters as ABN AMRO and ING do."""
    out = [":20:KONNEKT", f":25:{iban}", ":28C:1/1", f":60F:C{DAY:%y%m%d}{currency}1000,00"]
    for line in lines:
        side = "C" if line.cents > 0 else "D"
        amount = f"{line.amount:.2f}".replace(".", ",")
        bank = f"//{line.reference}" if line.reference else ""
        out.append(f":61:{line.on:%y%m%d}{line.on:%m%d}{side}{amount}NTRFNONREF{bank}")
        details = f"/TRTP/SEPA OVERBOEKING/IBAN/{line.iban}/BIC/INGBNL2A/NAME/{line.name}/REMI/{line.words}"
        out += [f":86:{details[:65]}", *(details[at : at + 65] for at in range(65, len(details), 65))]
    out += [f":62F:C{DAY:%y%m%d}{currency}1000,00", "-"]
    return "\r\n".join(out).encode()
