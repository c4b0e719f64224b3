"""Templates in the reader's language: translated when they are compiled, once per language.

A page prints a hundred constants; to look each up while it is drawn took a third of the approval list. And
an address is built once: `url_for` took as long as a row.
"""

from collections.abc import Callable, MutableMapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from babel.support import Translations
from flask import Flask, request, url_for
from flask.templating import Environment
from flask_babel import get_locale
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, _escape_inner, escape  # type: ignore[attr-defined]


def reader() -> str:
    """The language of this page or mail."""
    locale = get_locale()
    return str(locale.language) if locale else "nl"


def printed(value: Any) -> str:
    """A value as it stands in HTML, to be printed and nothing else.

    MarkupSafe makes an object of each that remembers that it is escaped: 3 of 23 ms of a grid.
    """
    if type(value) is str:
        text: str = _escape_inner(value)
        return text
    return value if type(value) is Markup else escape(value)


class Printing(CodeGenerator):
    """Templates that print so."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.printed(")


class SharedTemplate(Template):
    """A template without globals of its own: what it imports is the same for every page.

    Jinja compares the names of all globals at each import: a twentieth of a list.
    """

    def _get_default_module(self, ctx: Any = None) -> Any:
        return super()._get_default_module()


class Languages(Environment):
    """The environment of the application: asked for a template, it gives that of the reader's language."""

    language = ""
    template_class = SharedTemplate
    code_generator_class = Printing
    printed = staticmethod(printed)

    def _load_template(self, name: Any, globals: MutableMapping[str, Any] | None) -> Template:
        if self.language:
            return super()._load_template(name, globals)
        return self._in(reader())._load_template(name, globals)

    def _in(self, language: str) -> "Languages":
        """The same environment for one language, with compiled templates of its own."""
        children: dict[str, Languages] = self.__dict__.setdefault("_children", {})
        if language not in children:
            child: Any = self.overlay()
            child.language = language
            child.globals = {name: _spoken(one, language) for name, one in self.globals.items()}
            child.globals["reader"] = lambda: language
            child.filters = {name: _spoken(one, language) for name, one in self.filters.items()}
            child.translations = Translations.load(Path(self.app.root_path) / "translations", [language])
            # An overlay's own is that of the environment which it was made of.
            del child.install_gettext_translations
            child.add_extension("jinja2.ext.i18n")
            child.install_gettext_translations(child.translations, newstyle=True)
            children[language] = child
        return children[language]

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed = super()._parse(source, name, filename)
        if self.language:
            Constants(self).visit(parsed)
        return parsed


def _spoken(function: Any, language: str) -> Any:
    """A filter that asks for the language gets it here, instead of finding it out at every cell."""
    code = getattr(function, "__code__", None)
    is_asking = code and "language" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return partial(function, language=language) if is_asking else function


class Constants(NodeTransformer):
    """Puts the words of a language in place of `_("constant")`, and of `_("%(count)s left", count=count)`."""

    def __init__(self, environment: Any) -> None:
        self.environment = environment

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        is_gettext = isinstance(node.node, nodes.Name) and node.node.name in ("_", "gettext")
        if not is_gettext or node.dyn_args or node.dyn_kwargs or not isinstance(node.args[0], nodes.Const):
            return node
        words = self.environment.translations.gettext(node.args[0].value)
        if not node.kwargs:
            # Jinja treats these as formats too: %% is a single sign.
            text: nodes.Node = self._said(nodes.Const(words % {}))
            return text
        values = nodes.Dict([nodes.Pair(nodes.Const(one.key), one.value) for one in node.kwargs])
        said: nodes.Node = nodes.Mod(self._said(nodes.Const(words)), values)
        return said.set_environment(self.environment)

    def _said(self, words: nodes.Const) -> Any:
        return nodes.MarkSafeIfAutoescape(words).set_environment(self.environment)


def _addresses() -> Callable[..., str]:
    """url_for that remembers: the path of an endpoint as a format for its numbers, other addresses whole."""
    formats: dict[tuple[Any, ...], str] = {}

    @lru_cache(maxsize=512)
    def remembered(_root: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
        return url_for(endpoint, **dict(values))

    def numbered(endpoint: str, names: tuple[str, ...]) -> str:
        marks: dict[str, Any] = {name: 2_000_000_011 + place for place, name in enumerate(names)}
        path = url_for(endpoint, **marks).replace("%", "%%")
        for name, mark in marks.items():
            path = path.replace(str(mark), f"%({name})d")
        return path

    def address(endpoint: str, **values: Any) -> str:
        if endpoint[0] == "." or "_external" in values:
            return url_for(endpoint, **values)
        root = request.script_root
        if not values or any(type(value) is not int for value in values.values()):
            return remembered(root, endpoint, tuple(values.items()))
        key = (root, endpoint, *values)
        if key not in formats:
            formats[key] = numbered(endpoint, tuple(values))
        return formats[key] % values

    return address


def init_app(app: Flask) -> None:
    """Take this environment; before anything asks for the application's."""
    app.jinja_environment = Languages
    app.jinja_env.globals["url_for"] = _addresses()
