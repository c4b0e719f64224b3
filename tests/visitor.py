"""A browser without a screen: posts with the CSRF token and checks every page it sees."""

import re
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.test import TestResponse

from konnekt.db import db
from konnekt.domain.accounts import sessions
from konnekt.models import Account


class Visitor:
    """Somebody at the portal; `with_htmx` makes the next requests as htmx would."""

    def __init__(self, app: Flask, account: Account | None = None) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.htmx = False
        if account is not None:
            self.sign_in(account)

    def sign_in(self, account: Account) -> str:
        """Start a session without the sign-in page; returns its token."""
        token = sessions.start(account)
        self._keep({"_user_id": token, "_fresh": True, "csrf_token": f"{'0' * 40}.{account.id}"})
        return token

    def with_htmx(self) -> "Visitor":
        self.htmx = True
        return self

    def get(self, url: str, **options: Any) -> TestResponse:
        headers = self._headers() | options.pop("headers", {})
        return self._checked(self.client.get(url, headers=headers, **options))

    def post(self, url: str, data: Any = None, **options: Any) -> TestResponse:
        """Post a form with a valid CSRF token; data may be a dict with lists as values."""
        token = self.csrf_token()
        form = {"csrf_token": token, **(data or {})}
        return self._checked(self.client.post(url, data=form, headers=self._headers(), **options))

    def csrf_token(self) -> str:
        raw = self._session().get("csrf_token")
        if raw is None:
            raw = "0" * 40
            self._keep({"csrf_token": raw})
        return URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps(raw)

    def _session(self) -> dict[str, Any]:
        """What the session's cookie holds: read as it is, without the two requests that Flask's client makes up."""
        cookie = self.client.get_cookie(self.app.config["SESSION_COOKIE_NAME"])
        try:
            return self._serializer().loads(cookie.decoded_value) if cookie else {}
        except BadSignature:  # the secret is another one now
            return {}

    def _keep(self, more: dict[str, Any]) -> None:
        """Put this into the session's cookie."""
        value = self._serializer().dumps(self._session() | more)
        self.client.set_cookie(self.app.config["SESSION_COOKIE_NAME"], value)

    def _serializer(self) -> URLSafeTimedSerializer:
        serializer = SecureCookieSessionInterface().get_signing_serializer(self.app)
        assert serializer, "the application has a secret"
        return serializer

    def _headers(self) -> dict[str, str]:
        return {"HX-Request": "true"} if self.htmx else {}

    def _checked(self, response: TestResponse) -> TestResponse:
        db.connect(reuse_if_open=True)
        if response.mimetype == "text/html" and response.status_code not in (301, 302, 303):
            check_html(response.text, is_fragment="<html" not in response.text)
        return response


class _Boxes(HTMLParser):
    """The boxes to tick that a browser may restore by position, after Back or reload, on another row."""

    def __init__(self, *, is_fragment: bool) -> None:
        super().__init__()
        self.is_fragment = is_fragment
        self.form: dict[str, str | None] = {}
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        of = dict(attributes)
        if tag == "form":
            self.form = of
        is_box = tag == "input" and of.get("type") in ("checkbox", "radio")
        # The form of a fragment may stand around it.
        is_off = self.form.get("autocomplete") == "off" or (self.is_fragment and not self.form)
        if is_box and of.get("name") and not (of.get("id") and is_off):
            self.wrong.append(f"{of.get('name')} in {self.form.get('action')}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = {}


# The tags of forms and what is typed in: to parse these alone takes a tenth of what the whole page takes, which
# was 9 % of all that the tests of pages cost.
_TAGS = re.compile(r"""</?(?:form|input)\b[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""", re.I)


def check_boxes(html: str, *, is_fragment: bool) -> None:
    """Every box that is sent has an id of its own, and its form says autocomplete="off"."""
    found = _Boxes(is_fragment=is_fragment)
    found.feed("".join(_TAGS.findall(html)))
    assert found.wrong == [], f"boxes that a browser may tick on another row: {found.wrong}"


def check_html(html: str, *, is_fragment: bool) -> None:
    """One h1, unique ids, labels and error summaries that point somewhere, forms that name their action and carry the token."""
    if not is_fragment:
        assert len(re.findall(r"<h1[\s>]", html)) == 1, "a page has one h1"
    ids = re.findall(r'\sid="([^"]*)"', html)
    unique = set(ids)
    assert len(ids) == len(unique), f"ids twice: {sorted({i for i in ids if ids.count(i) > 1})}"
    for target in re.findall(r'<label[^>]*\sfor="([^"]*)"', html):
        assert target in unique, f"label for nothing: {target}"
    for summary in re.findall(r'class="error-summary"[^>]*>(.*?)</div>', html, re.S):
        for target in re.findall(r'href="#([^"]*)"', summary):
            assert target in unique, f"what is wrong leads to nothing: {target}"
    for attributes, inside in re.findall(r"<form([^>]*)>(.*?)</form>", html, re.S):
        assert 'action="' in attributes, "a form names its action"
        if 'method="post"' in attributes:
            assert 'name="csrf_token"' in inside, "a form that posts carries the CSRF token"
    check_boxes(html, is_fragment=is_fragment)
    assert "|safe" not in html
    assert "{{" not in html
