"""Files that came with messages: downloaded, or shown when they are plain pictures."""

from urllib.parse import quote

from flask import Response, request

from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.attachments import (
    LARGEST_REQUEST,
    Upload,
    attachment_or_404,
    bytes_of,
    may_be_shown,
)
from portal.support.pages.blueprint import bp
from portal.web.access import accepts_files, requires

FIELD = "files"
HEADERS = {
    # Whatever it is, opened by itself it runs nothing, loads nothing and sends nothing.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

with_files = accepts_files(LARGEST_REQUEST)
"""For each view whose form has the field `files`."""


def uploads() -> list[Upload]:
    """What the form brought in its field `files`. A field that was left empty is no file."""
    given = request.files.getlist(FIELD)
    return [Upload(one.filename, one.read()) for one in given if one.filename]


@bp.get("/support/attachments/<big:attachment_id>")
@requires(Permission.TICKETS_VIEW)
def attachment(attachment_id: int) -> Response:
    """`?inline=1` shows a picture in the page; everything else is only ever downloaded."""
    found = attachment_or_404(current_staff().actor, attachment_id)
    is_shown = "inline" in request.args and may_be_shown(found)
    answer = Response(bytes_of(found), content_type=found.media_type, headers=HEADERS)
    answer.headers["Content-Disposition"] = disposition(found.filename, is_shown=is_shown)
    return answer


def disposition(filename: str, *, is_shown: bool = False) -> str:
    """RFC 6266: the name in ASCII for old programs, and as it is for all others."""
    plain = "".join(
        c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in filename
    )
    way = "inline" if is_shown else "attachment"
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
