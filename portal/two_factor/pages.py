"""Pages of the two_factor room."""

from flask import Blueprint

from portal.web.nav import NavItem

bp = Blueprint("two_factor", __name__)
NAV: tuple[NavItem, ...] = ()
