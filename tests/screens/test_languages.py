"""Templates with their words in place, addresses that are remembered, and macros that are drawn once."""

import pytest
from flask import Flask, render_template_string, url_for
from flask_babel import force_locale
from markupsafe import Markup, escape

from konnekt.domain import clock
from konnekt.screens import drawn
from tests.factories import World
from tests.visitor import Visitor


def shown(app: Flask, language: str, source: str, **values: object) -> str:
    with app.test_request_context(), force_locale(language):
        template = app.jinja_env._in(language).from_string(source)
        return str(template.render(**values))


@pytest.mark.parametrize(
    ("source", "nl", "en"),
    [
        ('{{ _("Hours") }}', "Uren", "Hours"),
        ('{{ _("%(hours)s hours", hours=n) }}', "&lt;b&gt; uur", "&lt;b&gt; hours"),
        ('{{ _(word) }}', "Uren", "Hours"),
        ('{{ ngettext("%(num)s day", "%(num)s days", 2) }}', "2 dagen", "2 days"),
        ('{{ [_("Hours"), "<"] | join("-") }}', "Uren-&lt;", "Hours-&lt;"),
        ('<p title="{{ _("Hours") | upper }}">', '<p title="UREN">', '<p title="HOURS">'),
        ('{{ 90 | hours }} {{ reader() }}', "1,50 nl", "1.50 en"),
    ],
)  # fmt: skip
def test_words_are_those_of_the_language(app: Flask, source: str, nl: str, en: str) -> None:
    assert (
        shown(app, "nl", "{% autoescape true %}" + source + "{% endautoescape %}", n="<b>", word="Hours")
        == nl
    )
    assert (
        shown(app, "en", "{% autoescape true %}" + source + "{% endautoescape %}", n="<b>", word="Hours")
        == en
    )


def test_a_constant_is_looked_up_when_the_template_is_compiled(app: Flask) -> None:
    environment = app.jinja_env._in("nl")
    assert '"Uren' in environment.compile('{{ _("Hours") }}', raw=True).replace("'", '"')
    assert "gettext" not in environment.compile('<b>{{ _("Hours") }}</b>', raw=True)


@pytest.mark.parametrize(
    "value",
    [
        "<i title='a' class=\"b\">&amp;</i>",
        Markup("<b>"),
        "Zoë",
        "",
        7,
        None,
        0.5,
        True,
        ["<"],
        Markup("<i>%s</i>") % "<",
    ],
)
def test_what_is_printed_is_escaped(app: Flask, value: object) -> None:
    source = "{{ v }}|{% set block %}{{ v }}{% endset %}{{ block }}|{{ missing }}"
    assert shown(app, "nl", source, v=value) == f"{escape(value)}|{escape(value)}|"
    environment = app.jinja_env._in("nl")
    assert "environment.printed(" in environment.compile(source, name="a.html", raw=True)
    assert "environment.printed(" not in environment.compile(source, name="a.txt", raw=True)


def test_each_reader_has_a_page_in_their_own_language(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.supervisor)
    for _ in range(2):
        visitor.post("/language", {"language": "en", "next": "/"})
        assert "Approve timesheets" in visitor.get("/approvals").text
        visitor.post("/language", {"language": "nl", "next": "/"})
        assert "Urenbriefjes goedkeuren" in visitor.get("/approvals").text


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("home.index", {}),
        ("approvals.show", {"sheet": 7}),
        ("approvals.show", {"sheet": 8}),
        ("approvals.index", {"page": 2, "name": "50% é", "organisation": "A&B"}),
        ("approvals.index", {"page": 3, "name": "50% é", "organisation": "A&B"}),
        ("approvals.index", {"page": 1}),
        ("static", {"filename": "app.css"}),
        ("help.show", {"page": "worker", "_anchor": "x"}),
        ("home.index", {"_external": True}),
    ],
)
def test_an_address_is_the_one_that_flask_makes(app: Flask, endpoint: str, values: dict[str, object]) -> None:
    address = app.jinja_env.globals["url_for"]
    for root in ("", "/below"):
        with app.test_request_context(environ_overrides={"SCRIPT_NAME": root}):
            assert address(endpoint, **values) == url_for(endpoint, **values)
            assert address(endpoint, **values) == url_for(endpoint, **values), "also the second time"


def test_what_is_drawn_is_drawn_once_for_what_it_shows(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[object, ...]] = []

    def macro(*arguments: object) -> Markup:
        made.append(arguments)
        return Markup("<b>")

    monkeypatch.setattr(drawn, "get_template_attribute", lambda _template, _macro: macro)
    drawn._drawn.cache_clear()
    with app.test_request_context():
        for language in ("nl", "en"):
            with force_locale(language):
                for row in ((1, "a"), (1, "a"), (2, "a")):
                    assert drawn.drawn("x.html", "x", row) == "<b>"
        assert made == [((1, "a"),), ((2, "a"),)] * 2
        clock.fix("2026-12-01T09:00")
        with force_locale("nl"):
            drawn.drawn("x.html", "x", (1, "a"))
        assert len(made) == 5, "another day"
    drawn._drawn.cache_clear()


def test_a_template_without_a_language_is_that_of_the_reader(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        assert app.jinja_env.get_template("base.html").environment.language == "en"
        assert render_template_string("{{ reader() }}") == "en"
