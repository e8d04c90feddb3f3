"""Files of messages over JSON: their bytes."""

from flask import Response

from portal.core.database import db
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.support.api.blueprint import api
from portal.support.attachments import attachment_or_404, bytes_of
from portal.support.models import SupportMessage
from portal.support.schemas import AttachmentPath
from portal.support.seeing import ticket_or_404
from portal.web.access import acting, requires
from portal.web.downloads import download
from portal.web.openapi import takes


@api.get(
    "/tickets/<number>/attachments/<big:attachment_id>",
    responses={200: {"description": "The file, of its own type", "content": {"*/*": {}}}},
)
@requires(Permission.TICKETS_READ)
@takes
def read_attachment(path: AttachmentPath) -> Response:
    """The bytes of a file of a message that the caller may see, always to be saved."""
    ticket = ticket_or_404(acting(), path.number)
    found = attachment_or_404(acting(), path.attachment_id)
    message = db.session.get_one(SupportMessage, found.message_id)
    if message.ticket_id != ticket.id:
        raise NotFound("There is no such file.")
    return download(bytes_of(found), filename=found.filename, media_type=found.media_type)
