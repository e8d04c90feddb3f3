"""The first page after signing in."""

from flask import Blueprint, Response

from portal.core import clock
from portal.core.permissions import Permission
from portal.dashboard.cards import home_of
from portal.staff.current import SignedInStaff, current_staff
from portal.support.filtering import Looking
from portal.two_factor.codes_left import FEW, codes_left
from portal.web.access import requires
from portal.web.htmx import page
from portal.web.nav import NavItem
from portal.web.times import reader_zone

bp = Blueprint("dashboard", __name__)
NAV = (
    NavItem(
        "Work", "Home", "dashboard.home", "home", "h", Permission.DASHBOARD_VIEW, is_first=True
    ),
)
CHARTS = {"week", "plans"}


@bp.get("/")
@requires(Permission.DASHBOARD_VIEW)
def home() -> Response:
    person = current_staff()
    looking = Looking(person.actor, reader_zone(), clock.now())
    found = home_of(person.role, looking)
    return page(
        "dashboard/home.html",
        person=person,
        home=found,
        today=looking.now.astimezone(looking.zone),
        codes=_too_few_codes(person),
        has_charts=bool(found.names & CHARTS),
    )


def _too_few_codes(person: SignedInStaff) -> int | None:
    """How many backup codes are left, where that is worth a word."""
    if not person.is_second_factor_on:
        return None
    left = codes_left(person.id)
    return left if left <= FEW else None
