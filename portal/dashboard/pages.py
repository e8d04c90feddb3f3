"""The first page after signing in."""

from flask import Blueprint, Response

from portal.core.permissions import Permission
from portal.dashboard.due import FEW_CODES, counts_for, recent_events
from portal.staff.current import current_staff
from portal.web.access import requires
from portal.web.htmx import page
from portal.web.nav import NavItem

bp = Blueprint("dashboard", __name__)
NAV = (
    NavItem(
        "Work", "Home", "dashboard.home", "home", "h", Permission.DASHBOARD_VIEW, is_first=True
    ),
)


@bp.get("/")
@requires(Permission.DASHBOARD_VIEW)
def home() -> Response:
    person = current_staff()
    return page(
        "dashboard/home.html",
        person=person,
        counts=counts_for(person.actor),
        events=recent_events(person.actor),
        few_codes=FEW_CODES,
    )
