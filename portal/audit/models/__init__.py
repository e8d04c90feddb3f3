"""Tables of the ledger: events, the tree over them, and who is told."""

from portal.audit.models.alerts import Alert, AlertRule, GroupBy, WatchPlace
from portal.audit.models.archives import Archive, Hold
from portal.audit.models.ledger import AuditEvent
from portal.audit.models.streams import AuditStream, StreamFormat, StreamKind
from portal.audit.models.tree import (
    Anchor,
    FrontierRow,
    Leaf,
    LogOrigin,
    Node,
    PendingEvent,
    SignedTree,
    Verification,
)
from portal.audit.models.views import AuditView

__all__ = [
    "Alert",
    "AlertRule",
    "Anchor",
    "Archive",
    "AuditEvent",
    "AuditStream",
    "AuditView",
    "FrontierRow",
    "GroupBy",
    "Hold",
    "Leaf",
    "LogOrigin",
    "Node",
    "PendingEvent",
    "SignedTree",
    "StreamFormat",
    "StreamKind",
    "Verification",
    "WatchPlace",
]
