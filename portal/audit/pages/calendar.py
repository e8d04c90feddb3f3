"""A calendar of the log: how busy each day was, and the way to its events."""

from datetime import date
from urllib.parse import urlencode

from flask import Response, request, url_for

from portal.audit.activity import Month, month_of, year_of
from portal.audit.filters import Filters
from portal.audit.logs import LABELS
from portal.audit.pages.addresses import Choice, chips_of, url_of
from portal.audit.pages.blueprint import bp
from portal.audit.spans import FIRST_YEAR, LAST_YEAR, today_in
from portal.core.permissions import Permission
from portal.web.access import acting, requires
from portal.web.htmx import page
from portal.web.times import reader_zone


@bp.get("/audit/calendar")
@requires(Permission.AUDIT_OWN)
def calendar() -> Response:
    """A month, or with `?year=` twelve of them. The log's own filters count, but for its times."""
    filters, today = _filters(), today_in(reader_zone())
    faults, year = dict(filters.faults), request.args.get("year", "").strip()
    first = _first_of(request.args.get("month", ""), today)
    if first is None:
        faults["month"] = "Write a month as 2026-11."
    if year and not _is_year(year):
        faults["year"] = "Write a year as 2026."
    shown = first or today.replace(day=1)
    return page(
        "audit/calendar.html",
        status=422 if faults else 200,
        faults=faults,
        chips=list(chips_of(filters)),
        tabs=_tabs(filters),
        months=[] if faults else _months(filters, shown, year),
        year=int(year) if year and not faults else None,
        first=shown,
        day_url=_day_url(filters),
        steps=_steps(filters, shown, year if not faults else ""),
    )


def _filters() -> Filters:
    return Filters.of(request.args).without("span", "since", "until")


def _first_of(text: str, today: date) -> date | None:
    if not text.strip():
        return today.replace(day=1)
    try:
        found = date.fromisoformat(f"{text.strip()}-01")
    except ValueError:
        return None
    return found if _is_year(str(found.year)) else None


def _is_year(text: str) -> bool:
    is_number = text.isascii() and text.isdigit() and len(text) == 4
    return is_number and FIRST_YEAR < int(text) < LAST_YEAR


def _months(filters: Filters, first: date, year: str) -> list[Month]:
    by, zone = acting(), reader_zone()
    if year:
        return year_of(by=by, filters=filters, year=int(year), zone=zone)
    return [month_of(by=by, filters=filters, first=first, zone=zone)]


def _tabs(filters: Filters) -> list[Choice]:
    names = {name: request.args[name] for name in ("month", "year") if name in request.args}
    return [
        Choice(
            f"{url_for('audit.calendar')}?{urlencode({**filters.given, 'log': name, **names})}",
            label,
            name == filters.log,
        )
        for name, label in LABELS.items()
    ]


def _day_url(filters: Filters) -> str:
    """To which a template adds `from=<day>&to=<day>`."""
    url = url_of(filters)
    return f"{url}{'&' if '?' in url else '?'}"


def _steps(filters: Filters, first: date, year: str) -> list[Choice]:
    """The neighbours, and the other way to look at it."""

    def to(label: str, **more: str) -> Choice:
        return Choice(url_of(filters, "audit.calendar", **more), label, is_current=False)

    if year:
        number = int(year)
        return [
            to(str(number - 1), year=str(number - 1)),
            to(str(number + 1), year=str(number + 1)),
            to("By month", month=f"{number}-01"),
        ]
    before = date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)
    after = date(first.year + (first.month == 12), first.month % 12 + 1, 1)
    return [
        to(f"{before:%B %Y}", month=f"{before:%Y-%m}"),
        to(f"{after:%B %Y}", month=f"{after:%Y-%m}"),
        to(f"All of {first.year}", year=str(first.year)),
    ]
