"""Pages of catalog."""

from flask import Blueprint

from portal.catalog import models
from portal.web.nav import NavItem

bp = Blueprint("catalog", __name__)
NAV: tuple[NavItem, ...] = ()
__all__ = ["NAV", "bp", "models"]
