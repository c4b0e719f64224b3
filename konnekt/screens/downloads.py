"""Files that a browser saves instead of showing."""

from collections.abc import Iterator

from flask import Response


def attachment(content: str | bytes | Iterator[bytes], media_type: str, name: str) -> Response:
    """A file under that name."""
    response = Response(content, content_type=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
