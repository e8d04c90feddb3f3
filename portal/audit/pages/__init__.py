"""Pages of the ledger: reading it, proving it, telling it outside."""

from portal.audit.pages import (
    alerts,
    browse,
    calendar,
    event,
    exports,
    log,
    proof,
    retention,
    story,
    streams,
    table,
    verification,
    views,
)
from portal.audit.pages.blueprint import bp
from portal.core.permissions import Permission
from portal.web.nav import NavItem

NAV = (
    NavItem(
        "Evidence",
        "Audit log",
        "audit.browse",
        "history",
        "a",
        Permission.AUDIT_OWN,
        searches="audit.browse",
    ),
    NavItem("Evidence", "Alerts", "audit.alerts", "bell", "b", Permission.AUDIT_ALL),
    NavItem("Evidence", "Proofs", "audit.log", "fingerprint", "s", Permission.AUDIT_ALL),
    NavItem("Evidence", "Streams", "audit.streams", "send", "v", Permission.AUDIT_ALL),
)

__all__ = [
    "NAV",
    "alerts",
    "bp",
    "browse",
    "calendar",
    "event",
    "exports",
    "log",
    "proof",
    "retention",
    "story",
    "streams",
    "table",
    "verification",
    "views",
]
