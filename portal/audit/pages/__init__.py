"""Pages of the ledger: the log, one event."""

from portal.audit.pages import alerts, browse, event, streams
from portal.audit.pages.blueprint import bp
from portal.core.permissions import Permission
from portal.web.nav import NavItem

NAV = (NavItem("Evidence", "Audit log", "audit.browse", "history", "a", Permission.AUDIT_OWN),)
__all__ = ["NAV", "alerts", "bp", "browse", "event", "streams"]
