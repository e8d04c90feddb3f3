"""Files as answers: one that somebody sent us, which no browser runs, or one that we make."""

from collections.abc import Iterable, Iterator
from typing import AnyStr
from urllib.parse import quote

from flask import Flask, Response, current_app

HEADERS = {
    # Whatever it is, opened by itself it runs nothing, loads nothing and sends nothing.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def download(data: bytes, *, filename: str, media_type: str, is_shown: bool = False) -> Response:
    """To be saved; with `is_shown` for a page that shows it."""
    answer = Response(data, content_type=media_type, headers=HEADERS)
    answer.headers["Content-Disposition"] = _disposition(filename, is_shown)
    return answer


def streamed(parts: Iterable[AnyStr], *, filename: str, media_type: str) -> Response:
    """A file of ours to save, made while it is sent. The name is plain ASCII."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return Response(_in_context(app, parts), headers=headers, content_type=media_type)


def _in_context(app: Flask, parts: Iterable[AnyStr]) -> Iterator[AnyStr]:
    """Of its own: that of the request has ended by then."""
    with app.app_context():
        yield from parts


def _disposition(filename: str, is_shown: bool) -> str:
    """RFC 6266: the name in ASCII for old programs, and as it is for all others."""
    plain = "".join(
        c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in filename
    )
    way = "inline" if is_shown else "attachment"
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
