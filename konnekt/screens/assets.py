"""Static files: addresses that carry the content's hash, so that browsers keep them for good; compression."""

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import brotli
import zopfli.gzip
from flask import Flask, Response, current_app, request
from flask_compress import Compress
from jinja2.ext import Extension

compress = Compress()

TEXTS = ["text/html", "text/css", "text/javascript", "text/csv", "image/svg+xml"]
TEXTS += ["application/json", "application/manifest+json", "application/xml"]
# The hour grid asks for one file less: what every page has comes in front of its own.
JOINED = {"grid.js": "app.js"}
# A script whose style has the same address but for the ending: a page says one of the two.
BESIDE = {"find.js": "find.css"}


def init_app(app: Flask) -> None:
    """Have `url_for('static', filename=...)` add `v=<hash>`, and answers go out compressed."""
    folder = Path(app.static_folder or "")
    hashes = {
        name: hashlib.sha256(
            _front(folder, name) + (folder / name).read_bytes() + _beside(folder, name)
        ).hexdigest()[:8]
        for name in (file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    }

    @app.url_defaults
    def version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and values.get("filename") in hashes:
            values.setdefault("v", hashes[values["filename"]])

    # Fast enough for every page: about two milliseconds for the longest list.
    app.config.update(
        COMPRESS_ALGORITHM=["br", "gzip"], COMPRESS_BR_LEVEL=5, COMPRESS_LEVEL=9, COMPRESS_MIMETYPES=TEXTS
    )
    compress.init_app(app)
    app.after_request(_pressed_file)
    app.jinja_env.add_extension(_Unindented)


class _Unindented(Extension):
    """Pages travel without the indentation of their templates; what people typed keeps its own."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return re.sub(r"(?m)^[ \t]+", "", source)


def _front(folder: Path, name: str) -> bytes:
    """What comes in front of a file that is joined."""
    return (folder / JOINED[name]).read_bytes() if name in JOINED else b""


def _beside(folder: Path, name: str) -> bytes:
    """What is fetched under the version of a file besides it."""
    return (folder / BESIDE[name]).read_bytes() if name in BESIDE else b""


def _pressed_file(response: Response) -> Response:
    """Static files are few and never change: each is pressed once, as far as it goes."""
    if request.endpoint != "static" or response.mimetype not in TEXTS or response.status_code != 200:
        return response
    response.direct_passthrough = False
    front = _front(Path(current_app.static_folder or ""), (request.view_args or {})["filename"])
    content = front + response.get_data()
    response.close()
    encoding = request.accept_encodings.best_match(["br", "gzip"])
    if not encoding:
        response.set_data(content)
        return response
    is_ours = "/vendor/" not in request.path
    response.set_data(_press(content, response.mimetype if is_ours else "", encoding))
    response.content_encoding = encoding
    response.vary.add("Accept-Encoding")
    response.set_etag(response.get_etag()[0] or "", weak=True)
    return response


def _squeezed(content: bytes, mimetype: str) -> bytes:
    """Our own style and scripts without their comments and indentation: half a kilobyte on the way."""
    if mimetype == "text/css":
        content = re.sub(rb"/\*.*?\*/", b"", content, flags=re.DOTALL)
        # None of this stands in a string or a calculation of ours.
        content = re.sub(rb"\s*([{};,>])\s*", rb"\1", content).replace(b";}", b"}")
        content = re.sub(rb"@(media|container) \(", rb"@\1(", re.sub(rb" ?([<>]=?) ", rb"\1", content))
        content = re.sub(rb"([a-z]): ", rb"\1:", content).replace(b"\n", b"")
    elif mimetype == "text/javascript":
        content = re.sub(rb"(?m)^[ \t]*//.*\n", b"", content)
        content = re.sub(rb"(?m)(?<=[;,{]) // .*$", b"", content)
        # In texts of ours these stand between selectors alone.
        content = re.sub(rb" (=>|={1,3}|!==|&&|\|\||[?:{+*<>]|[<>]=) ", rb"\1", content)
        content = re.sub(rb"([,;]) ", rb"\1", content)
        content = re.sub(rb"([,;({[])\n\s*", rb"\1", content)
        content = re.sub(rb"\b(if|for) \(", rb"\1(", content).replace(b") {", b"){")
        content = re.sub(rb"\) (return|if|for|else)\b", rb")\1", re.sub(rb"([\w\"]): ", rb"\1:", content))
        content = re.sub(rb"\n([)\]}?:.])", rb"\1", content.replace(b" }", b"}").replace(b"{ ", b"{"))
        content = content.replace(b";}", b"}").replace(b"} else", b"}else").replace(b"else {", b"else{")
        # A function of one name needs no brackets around it.
        content = re.sub(rb"(?<!\w)\((\w+)\)=>", rb"\1=>", content)
    elif mimetype == "image/svg+xml":
        content = re.sub(rb"<!--.*?-->", b"", content).replace(b"\n", b"")
        # One path that moves on draws what several in a row do.
        several = rb'(<path d="[^"]*"/>)+'
        content = re.sub(several, lambda paths: paths[0].replace(b'"/><path d="M', b"M"), content)
    return re.sub(rb"\n\s+", b"\n", content)


@lru_cache(maxsize=32)
def _press(content: bytes, mimetype: str, encoding: str) -> bytes:
    content = _squeezed(content, mimetype) if mimetype else content
    pressed: bytes = brotli.compress(content) if encoding == "br" else zopfli.gzip.compress(content)
    return pressed
