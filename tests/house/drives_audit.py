"""How each change of the pages of the ledger is driven once."""

from portal.audit.views import save_view
from tests.cast import actor

QUERY = "outcome=denied"


def view_of(stage) -> int:
    return save_view(by=actor(stage.ann), name="Denials", query=QUERY).id


DRIVES = {
    "audit.verify_now": lambda s: s.here.submit("/audit/verify"),
    "audit.table": lambda s: s.here.get("/audit/events.csv?action=staff.invited"),
    "audit.add_view": lambda s: s.here.submit("/audit/views/new", name="Denials", query=QUERY),
    "audit.keep_view": lambda s: s.here.submit(f"/audit/views/{view_of(s)}", name="Refusals"),
    "audit.drop_view": lambda s: s.here.submit(f"/audit/views/{view_of(s)}/remove"),
}
