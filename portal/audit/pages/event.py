"""One event whole."""

from flask import Response

from portal.audit.browsing import event_or_404
from portal.audit.pages.blueprint import bp
from portal.core.permissions import Permission
from portal.web.access import acting, requires
from portal.web.htmx import page


@bp.get("/audit/events/<event_id>")
@requires(Permission.AUDIT_OWN)
def event(event_id: str) -> Response:
    return page("audit/event.html", event=event_or_404(by=acting(), event_id=event_id))
