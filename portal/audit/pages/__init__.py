"""Pages of the ledger: the log, one event, and what proves the whole."""

from portal.audit.pages import browse, event, log
from portal.audit.pages.blueprint import bp
from portal.core.permissions import Permission
from portal.web.nav import NavItem

NAV = (
    NavItem("Evidence", "Audit log", "audit.browse", "history", "a", Permission.AUDIT_OWN),
    NavItem("Evidence", "Checkpoints", "audit.log", "fingerprint", "s", Permission.AUDIT_ALL),
)
__all__ = ["NAV", "bp", "browse", "event", "log"]
