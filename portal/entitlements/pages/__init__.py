"""Pages of entitlements: grants, why, what comes and ends, many at once, usage."""

from portal.entitlements import personal
from portal.entitlements.pages import compare, effects, grants, overrides, panels, why
from portal.entitlements.pages.blueprint import bp
from portal.web.nav import NavItem

NAV: tuple[NavItem, ...] = ()
__all__ = ["NAV", "bp", "compare", "effects", "grants", "overrides", "panels", "personal", "why"]
