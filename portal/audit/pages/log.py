"""The log as a whole: who signs it, its last checkpoint, and where that was left."""

from flask import Response

from portal.audit.log_state import log_state
from portal.audit.pages.blueprint import bp
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.htmx import page


@bp.get("/audit/log")
@requires(Permission.AUDIT_ALL)
def log() -> Response:
    return page("audit/log.html", state=log_state())
