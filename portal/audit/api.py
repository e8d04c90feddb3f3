"""The ledger over JSON: what our people did, how they and others signed in, and evidence of it."""

from flask import Response
from flask_openapi import APIBlueprint

from portal.audit.actions import Action, Stream
from portal.audit.browsing import bodies, event_or_404
from portal.audit.bundles import BundleWriter
from portal.audit.filters import UTC_ZONE
from portal.audit.handing_out import handed_out
from portal.audit.reading import note_reading
from portal.audit.schemas import EventPath, EventQuery, EventShape, EventsShape, ExportBody
from portal.core.permissions import Permission
from portal.web.access import acting, audits, requires, sudo
from portal.web.downloads import streamed
from portal.web.openapi import PROBLEMS, json_answer, takes

api = APIBlueprint("audit_api", __name__, url_prefix="/api/audit", abp_responses=PROBLEMS)


@api.get("/admin-actions", responses={200: EventsShape})
@requires(Permission.AUDIT_OWN)
@takes
def admin_actions(query: EventQuery) -> Response:
    """What people of ours and programs did, the newest first.

    Whoever may only see the events of their own account gets those.
    """
    return _events(query, "admin-actions")


@api.get("/admin-actions/<event_id>", responses={200: EventShape})
@requires(Permission.AUDIT_OWN)
@takes
def admin_action(path: EventPath) -> Response:
    """One of them. What the caller may not see is 404."""
    found = event_or_404(by=acting(), event_id=path.event_id, stream=Stream.ADMIN.value)
    return json_answer({**found.body, "words": found.told(UTC_ZONE)})


@api.get("/auth-events", responses={200: EventsShape})
@requires(Permission.AUDIT_OWN)
@takes
def auth_events(query: EventQuery) -> Response:
    """Second factors, passwords, addresses, and what was denied, the newest first."""
    return _events(query, "auth-events")


@api.get("/admin-logins", responses={200: EventsShape})
@requires(Permission.AUDIT_OWN)
@takes
def admin_logins(query: EventQuery) -> Response:
    """Who signed in and out, and who tried to, the newest first."""
    return _events(query, "admin-logins")


@api.post(
    "/export",
    responses={
        200: {
            "description": "The bundle",
            "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
@requires(Permission.AUDIT_EXPORT)
@sudo
@audits(Action.AUDIT_EXPORTED)
@takes
def export(body: ExportBody) -> Response:
    """Evidence in a zip, which its own program checks without us.

    The export is in the log before the first byte is sent. For people, and for tokens of their
    own: a service token reads the log and takes no evidence out.
    """
    name, bundle = handed_out(by=acting(), asked=body.asked())
    return streamed(BundleWriter(bundle).parts(), filename=name, media_type="application/zip")


def _events(query: EventQuery, log: str) -> Response:
    """Reading is noted as on the pages: once in five minutes."""
    note_reading(by=acting(), log=log)
    found = bodies(by=acting(), filters=query.filters(log), cursor=query.cursor, limit=query.limit)
    return json_answer({"items": found.items, "next_cursor": found.next_cursor})
