"""Pages of entitlements: grants, why, what comes and ends, many at once, usage."""

from portal.core.permissions import Permission
from portal.entitlements import personal, use_under
from portal.entitlements.pages import (
    bulk,
    compare,
    effects,
    grants,
    overrides,
    panels,
    topups,
    upcoming,
    usage,
    why,
)
from portal.entitlements.pages.blueprint import bp
from portal.web.nav import NavItem, NavPages

NAV = (
    NavItem(
        "Work",
        "Grants",
        "entitlements.expiring",
        "lock-open",
        "u",
        Permission.ENTITLEMENTS_VIEW,
        under=("/entitlements/scheduled", "/entitlements/bulk", "/entitlements/compare"),
    ),
    NavItem(
        "Work", "Over limit", "entitlements.usage", "chart-bar", "o", Permission.ENTITLEMENTS_VIEW
    ),
    NavPages(
        "customers.customers",
        (
            "/entitlements/tenants",
            "/entitlements/users",
            "/entitlements/tenant-grants",
            "/entitlements/user-grants",
            "/entitlements/top-ups",
        ),
    ),
)
__all__ = [
    "NAV",
    "bp",
    "bulk",
    "compare",
    "effects",
    "grants",
    "overrides",
    "panels",
    "personal",
    "topups",
    "upcoming",
    "usage",
    "use_under",
    "why",
]
