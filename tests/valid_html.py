"""What is wrong with a page as HTML: the parser's own errors, and what may stand in what, by the HTML standard.

The checks of the Nu HTML Checker that a page of ours can fail, without its Java; `make nu` asks the checker itself.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib
from html5lib.constants import E as SENTENCES, voidElements

# Content models (HTML, section 3.2.5): in these only phrasing content; in a and button nothing that is clicked.
PHRASING_ONLY = {
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "span",
    "button",
    "label",
    "strong",
    "em",
    "small",
    "time",
    "code",
    "b",
    "i",
    "abbr",
    "mark",
    "output",
    "kbd",
}
FLOW = {
    "address",
    "article",
    "aside",
    "blockquote",
    "details",
    "dialog",
    "div",
    "dl",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
}
CLICKED = {"a", "button", "input", "select", "textarea", "label", "details", "summary"}
CHILDREN = {
    "ul": {"li"}, "ol": {"li"}, "dl": {"dt", "dd", "div"}, "tr": {"td", "th"},
    "table": {"caption", "colgroup", "thead", "tbody", "tfoot"}, "tbody": {"tr"}, "thead": {"tr"}, "tfoot": {"tr"},
    "select": {"option", "optgroup", "hr"}, "datalist": {"option"}, "colgroup": {"col"},
}  # fmt: skip
PARENTS = {
    "li": {"ul", "ol"},
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "summary": {"details"},
    "legend": {"fieldset"},
}
POINTS = (
    "for",
    "form",
    "list",
    "aria-labelledby",
    "aria-describedby",
    "aria-controls",
    "aria-owns",
    "headers",
)

GLOBAL = {
    "accesskey",
    "autofocus",
    "class",
    "dir",
    "draggable",
    "enterkeyhint",
    "hidden",
    "id",
    "inert",
    "inputmode",
    "itemprop",
    "lang",
    "nonce",
    "popover",
    "role",
    "slot",
    "spellcheck",
    "tabindex",
    "title",
    "translate",
}
FIELD = {"autocomplete", "disabled", "form", "name", "required"}
OWN = {
    "a": {"download", "href", "hreflang", "rel", "target", "type"},
    "button": {"disabled", "form", "formaction", "formenctype", "formmethod", "formnovalidate", "formtarget", "name", "popovertarget", "type", "value"},
    "input": FIELD | {"accept", "checked", "list", "max", "maxlength", "min", "minlength", "multiple", "pattern", "placeholder", "readonly", "size", "step", "type", "value"},
    "textarea": FIELD | {"cols", "maxlength", "minlength", "placeholder", "readonly", "rows", "wrap"},
    "select": FIELD | {"multiple", "size"},
    "option": {"disabled", "label", "selected", "value"},
    "optgroup": {"disabled", "label"},
    "form": {"action", "autocomplete", "enctype", "method", "name", "novalidate", "target"},
    "fieldset": {"disabled", "form", "name"},
    "label": {"for"},
    "output": {"for", "form", "name"},
    "img": {"alt", "decoding", "height", "loading", "sizes", "src", "srcset", "width"},
    "time": {"datetime"}, "data": {"value"}, "details": {"name", "open"}, "dialog": {"open"},
    "ol": {"reversed", "start", "type"}, "li": {"value"},
    "td": {"colspan", "headers", "rowspan"}, "th": {"abbr", "colspan", "headers", "rowspan", "scope"},
    "col": {"span"}, "colgroup": {"span"},
    "html": set(), "meta": {"charset", "content", "http-equiv", "media", "name"},
    "link": {"as", "crossorigin", "href", "hreflang", "integrity", "media", "rel", "sizes", "type"},
    "script": {"async", "blocking", "crossorigin", "defer", "integrity", "nomodule", "src", "type"},
    "progress": {"max", "value"}, "meter": {"high", "low", "max", "min", "optimum", "value"},
}  # fmt: skip
KNOWN = PHRASING_ONLY | FLOW | set(OWN) | set(CHILDREN) | set(PARENTS) | {"body", "br", "caption", "cite", "del", "dfn", "figcaption", "head", "hgroup", "ins", "noscript", "q", "s", "samp", "search", "sub", "sup", "template", "title", "u", "var", "wbr"}  # fmt: skip


def problems(html: str) -> list[str]:
    """A sentence per fault; none: the page is in order."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    document = parser.parse(html)
    said = [
        f"line {position[0]}: {SENTENCES[code] % {'name': '', **values}}"
        for position, code, values in parser.errors
    ]
    ids = [one.get("id") for one in document.iter() if one.get("id") is not None]
    said += [f"id {name!r} stands {ids.count(name)} times" for name in {*ids} if ids.count(name) > 1]
    return said + list(_inside(document, (), set(ids)))


def _inside(element: Element, around: tuple[str, ...], ids: set[str | None]) -> Iterator[str]:
    name = element.tag
    if not isinstance(name, str) or name.startswith("{"):  # a comment; SVG
        return
    shown = f"<{name} {' '.join(f'{key}={value!r}' for key, value in element.items())[:80]}> in {'/'.join(around[-3:])}"
    yield from (f"{shown}: {what}" for what in _faults(element, name, around, ids))
    for child in element:
        yield from _inside(child, (*around, name), ids)


def _faults(element: Element, name: str, around: tuple[str, ...], ids: set[str | None]) -> Iterator[str]:
    parent = around[-1] if around else ""
    if name not in KNOWN and "-" not in name:  # a name with a dash is one's own (hx-partial)
        yield "no such element"
    if name in FLOW and (outer := PHRASING_ONLY & {*around}):
        yield f"may not stand in {outer}"
    if parent in CHILDREN and name not in CHILDREN[parent] | {"script", "template"}:
        yield f"{parent} holds only {CHILDREN[parent]}"
    if name in PARENTS and parent not in PARENTS[name]:
        yield f"stands only in {PARENTS[name]}"
    clicked = (
        name in CLICKED
        and element.get("type") != "hidden"
        and (name != "a" or element.get("href") is not None)
    )
    if clicked and ({"a", "button"} & {*around} or (name == "label" and "label" in around)):
        yield "may not stand in what is clicked itself"
    if name == "form" and "form" in around:
        yield "a form in a form"
    if name == "img" and element.get("alt") is None:
        yield "has no alt"
    if (
        name in ("details", "fieldset")
        and [one.tag for one in element][:1] != [{"details": "summary"}.get(name, "legend")]
        and (name == "details" or any(one.tag == "legend" for one in element))
    ):
        yield "does not begin with its heading"
    allowed = GLOBAL | OWN.get(name, set())
    for key, value in element.items():
        if key not in allowed and not key.startswith(("aria-", "data-", "hx-")):
            yield f"has no attribute {key!r}"
        if key in ("href", "src", "action") and (" " in value or (not value and key != "href")):
            yield f"{key} is no address"
        if key in POINTS and (missing := [one for one in value.split() if one not in ids]):
            yield f"{key} points to nothing: {missing}"
    if name in voidElements and len(element):
        yield "holds something"
