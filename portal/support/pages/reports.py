"""Reports of the support desk."""

from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Response, request
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.models import SupportTeam, SupportTicket
from portal.support.pages.blueprint import bp
from portal.support.queue_rows import COLUMNS, row_maker
from portal.support.report_forms import BadSpan, scope_of
from portal.support.report_rows import csv_of
from portal.support.report_sets import Scope, tickets_of
from portal.support.report_words import span_of, title_of
from portal.support.reports import (
    agents_of,
    backlog_of,
    count_of,
    promises_of,
    ratings_of,
    times_of,
    volume_of,
)
from portal.web.access import audits, requires
from portal.web.csv import MEDIA_TYPE
from portal.web.downloads import streamed
from portal.web.htmx import page
from portal.web.paging import page_of
from portal.web.times import reader_zone, to_reader
from portal.web.urls import id_in_query

_ticket = SupportTicket.__table__.c


@bp.app_template_filter()
def duration(seconds: int | None) -> str:
    """`2 h 5 min`, `6 h`, of what is counted in seconds; `–` when nothing was."""
    if seconds is None:
        return "–"
    minutes = seconds // 60
    if minutes < 1:
        return f"{seconds} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return _two(minutes // 60, "h", minutes % 60, "min")
    return _two(minutes // 1440, "d", minutes % 1440 // 60, "h")


def _two(more: int, unit: str, less: int, smaller: str) -> str:
    return f"{more} {unit} {less} {smaller}" if less else f"{more} {unit}"


def _scope() -> tuple[Scope, BadSpan | None]:
    """What is asked for; where that cannot be read, the usual span and why."""
    given = request.args
    scoped = partial(
        scope_of, team_id=id_in_query("team"), agent_id=id_in_query("agent"), zone=reader_zone()
    )
    try:
        return scoped(first=given.get("from", ""), last=given.get("to", "")), None
    except BadSpan as error:
        return scoped(first="", last=""), error


def _asked(scope: Scope) -> dict[str, Any]:
    """The scope as a query string keeps it."""
    last = to_reader(scope.end - timedelta(seconds=1))
    found = {"from": to_reader(scope.begin).date(), "to": last.date()}
    return {**found, "team": scope.team_id or "", "agent": scope.agent_id or ""}


@bp.get("/support/reports")
@requires(Permission.SUPPORT_REPORTS)
def reports() -> Response:
    scope, fault = _scope()
    volume = volume_of(scope, reader_zone())
    return page(
        "support/reports.html",
        status=422 if fault else 200,
        fault=fault,
        asked=_asked(scope),
        teams=db.session.query(SupportTeam.id, SupportTeam.name).order_by(SupportTeam.name).all(),
        counts={name: count_of(name, scope) for name in ("created", "solved", "reopened")},
        times=times_of(scope),
        promises=promises_of(scope),
        backlog=backlog_of(scope),
        volume=volume,
        agents=agents_of(scope),
        ratings=ratings_of(scope),
    )


@bp.get("/support/reports/tickets/<name>")
@requires(Permission.SUPPORT_REPORTS)
def report_tickets(name: str) -> Response:
    scope, _ = _scope()
    asked, fits = _asked(scope), tickets_of(name, scope)
    query = sa.select(*COLUMNS).where(fits).order_by(_ticket.id.desc())
    return page(
        "support/report_tickets.html",
        name=name,
        words=title_of(name),
        span=span_of(name, scope, asked["from"], asked["to"]),
        asked=asked,
        listing=page_of(query, row_maker(scope.now), cursor=request.args.get("cursor")),
    )


@bp.get("/support/reports/tickets/<name>.csv")
@requires(Permission.SUPPORT_REPORTS)
@audits(Action.REPORT_EXPORTED)
def report_csv(name: str) -> ResponseReturnValue:
    scope, _ = _scope()
    tickets_of(name, scope)
    asked = {key: str(value) for key, value in _asked(scope).items() if value}
    record(Action.REPORT_EXPORTED, by=current_staff().actor, meta={"report": name, **asked})
    db.session.commit()
    filename = f"tickets-{name.replace(':', '-')}.csv"
    return streamed(csv_of(name, scope), filename=filename, media_type=MEDIA_TYPE)
