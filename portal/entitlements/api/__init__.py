"""The JSON API of entitlements."""

from portal.entitlements import seats
from portal.entitlements.api import adjusting, checks, grants, quotas, usage
from portal.entitlements.api.blueprint import api

__all__ = ["adjusting", "api", "checks", "grants", "quotas", "seats", "usage"]
