"""How each change of the pages of the ledger is driven once."""

from portal.audit.holds import Scope, place_hold
from portal.audit.views import save_view
from portal.core.database import db
from tests.cast import actor

QUERY = "outcome=denied"


def view_of(stage) -> int:
    return save_view(by=actor(stage.ann), name="Denials", query=QUERY).id


def hold_of(stage) -> int:
    """Committed, as the request rolls nothing back that was there before it."""
    hold = place_hold(
        by=actor(stage.ann), scope=Scope.TENANT, subject_id=7, reason="A court asked for it"
    )
    db.session.commit()
    return hold.id


DRIVES = {
    "audit.verify_now": lambda s: s.here.submit("/audit/verify"),
    "audit.table": lambda s: s.here.get("/audit/events.csv?action=staff.invited"),
    "audit.add_view": lambda s: s.here.submit("/audit/views/new", name="Denials", query=QUERY),
    "audit.keep_view": lambda s: s.here.submit(f"/audit/views/{view_of(s)}", name="Refusals"),
    "audit.export": lambda s: s.here.submit("/audit/export?action=staff.invited", kind="selection"),
    "audit_api.export": lambda s: s.here.call(
        "POST", "/api/audit/export", {"action": "staff.invited"}
    ),
    "audit.hold": lambda s: s.here.submit(
        "/audit/holds", scope="everything", subject_id="", reason="A court asked for it"
    ),
    "audit.release": lambda s: s.here.submit(f"/audit/holds/{hold_of(s)}/release"),
    "audit.drop_view": lambda s: s.here.submit(f"/audit/views/{view_of(s)}/remove"),
}
