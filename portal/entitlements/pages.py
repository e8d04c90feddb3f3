"""Pages of entitlements."""

from flask import Blueprint

from portal.entitlements import models
from portal.web.nav import NavItem

bp = Blueprint("entitlements", __name__)
NAV: tuple[NavItem, ...] = ()
__all__ = ["NAV", "bp", "models"]
