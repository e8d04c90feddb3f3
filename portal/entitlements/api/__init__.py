"""The JSON API of entitlements."""

from portal.entitlements.api import checks, grants, quotas
from portal.entitlements.api.blueprint import api

__all__ = ["api", "checks", "grants", "quotas"]
