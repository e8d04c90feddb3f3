"""Pages of the audit room."""

from flask import Blueprint

from portal.web.nav import NavItem

bp = Blueprint("audit", __name__)
NAV: tuple[NavItem, ...] = ()
