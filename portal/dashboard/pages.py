"""Pages of the dashboard room."""

from flask import Blueprint

from portal.web.nav import NavItem

bp = Blueprint("dashboard", __name__)
NAV: tuple[NavItem, ...] = ()
