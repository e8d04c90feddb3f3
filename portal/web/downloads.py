"""A file that somebody sent us, as an answer that no browser runs."""

from urllib.parse import quote

from flask import Response

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


def _disposition(filename: str, is_shown: bool) -> str:
    """RFC 6266: the name in ASCII for old programs, and as it is for all others."""
    plain = "".join(
        c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in filename
    )
    way = "inline" if is_shown else "attachment"
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
