"""Pages of subscriptions."""

from flask import Blueprint

from portal.subscriptions import models
from portal.web.nav import NavItem

bp = Blueprint("subscriptions", __name__)
NAV: tuple[NavItem, ...] = ()
__all__ = ["NAV", "bp", "models"]
