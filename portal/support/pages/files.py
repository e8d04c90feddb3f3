"""Files that came with messages: downloaded, or shown when they are plain pictures."""

from flask import Response, request

from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.attachments import attachment_or_404, bytes_of, may_be_shown
from portal.support.pages.blueprint import bp
from portal.web.access import requires
from portal.web.downloads import download


@bp.get("/support/attachments/<big:attachment_id>")
@requires(Permission.TICKETS_VIEW)
def attachment(attachment_id: int) -> Response:
    """`?inline=1` shows a picture in the page; everything else is only ever downloaded."""
    found = attachment_or_404(current_staff().actor, attachment_id)
    return download(
        bytes_of(found),
        filename=found.filename,
        media_type=found.media_type,
        is_shown="inline" in request.args and may_be_shown(found),
    )
