"""The checker of pages finds what is wrong, and nothing in what is right."""

import pytest

from tests.valid_html import problems

PAGE = '<!doctype html><html lang="nl"><head><title>x</title></head><body><h1>x</h1>{}</body></html>'


def test_a_page_in_order() -> None:
    good = """<p>a <a href="/b">b</a></p><ul><li>c</li></ul><label for="d">e</label><input id="d" name="d">
        <table><tbody><tr><th scope="row">f</th><td hx-get="/g">h</td></tr></tbody></table>
        <details><summary>i</summary><p>j</p></details><svg aria-hidden="true"><use href="/k#l"></use></svg><hx-partial hx-target="#m">n</hx-partial>"""
    assert problems(PAGE.format(good)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "<p>a<div>b</div></p>",
        "<span><div>a</div></span>",
        "<div>a",
        "</b>",
        "<p class='a' class='b'>c</p>",
        "<table><div>a</div></table>",
        "<ul><a href='/b'>c</a></ul>",
        "<div><li>a</li></div>",
        "<a href='/b'>c <button type='button'>d</button></a>",
        "<form action='/a'><form action='/b'></form></form>",
        "<label>a <label>b</label></label>",
        "<p id='a'></p><p id='a'></p>",
        "<label for='nowhere'>a</label>",
        "<p aria-describedby='nowhere'>a</p>",
        "<p colour='red'>a</p>",
        "<blink>a</blink>",
        "<img src='/a.png'>",
        "<details><p>a</p><summary>b</summary></details>",
        "<a href='/a b'>c</a>",
        "a & b &nosuch; c",
    ],
)
def test_what_is_wrong_is_found(wrong: str) -> None:
    assert problems(PAGE.format(wrong)) != []


def test_a_page_without_its_doctype() -> None:
    assert problems("<html><title>x</title><h1>x</h1></html>") != []
