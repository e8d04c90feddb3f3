"""Pages of the operations room."""

from flask import Blueprint

from portal.web.nav import NavItem

bp = Blueprint("operations", __name__)
NAV: tuple[NavItem, ...] = ()
