"""How each change of the support desk is driven once: beside."""

from datetime import timedelta

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.support.ticket_grants import grant_from_ticket
from seeds.catalog import seed_catalog
from tests.support.desk import make_ticket

FEATURE = "custom_reports"


def _ticket():
    seed_catalog()
    return make_ticket()


def _grant(s):
    fields = {"feature_name": FEATURE, "days": "7", "reason": "while the press is mended"}
    return s.here.submit(f"/support/tickets/{_ticket().number}/grant", **fields)


def _revoke(s):
    ticket = _ticket()
    until = clock.now() + timedelta(days=7)
    granted = grant_from_ticket(by=SYSTEM, ticket=ticket, feature_name=FEATURE, expires_at=until)
    return s.here.submit(f"/support/tickets/{ticket.number}/revoke/{granted.row.id}")


def _explain(s):
    return s.here.submit(f"/support/tickets/{_ticket().number}/explain/{FEATURE}")


DRIVES = {
    "support.grant_here": _grant,
    "support.revoke_here": _revoke,
    "support.explain_in_note": _explain,
}
