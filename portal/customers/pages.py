"""Pages of customers."""

from flask import Blueprint

from portal.customers import models
from portal.web.nav import NavItem

bp = Blueprint("customers", __name__)
NAV: tuple[NavItem, ...] = ()
__all__ = ["NAV", "bp", "models"]
