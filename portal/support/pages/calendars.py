"""Business calendars: the hours by which service levels count."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.config import settings
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.calendar_forms import CalendarForm, calendar_values
from portal.support.calendars import (
    archive_calendar,
    calendar_or_404,
    change_calendar,
    create_calendar,
    levels_by,
    version_of,
)
from portal.support.hours_text import special_days_text
from portal.support.level_list import closed_days_ahead, week_in_words
from portal.support.models import BusinessCalendarRow
from portal.support.pages.blueprint import bp
from portal.web.access import audits, requires
from portal.web.htmx import page, see_other

USUAL = "09:00-17:00"


@bp.get("/support/calendars/<int:calendar_id>")
@requires(Permission.TICKETS_VIEW)
def calendar(calendar_id: int) -> Response:
    row = calendar_or_404(calendar_id)
    version = version_of(row)
    may_manage = current_staff().actor.may(Permission.SUPPORT_MANAGE)
    return page(
        "support/calendar.html",
        calendar=row,
        version=version,
        week=week_in_words(version.content),
        closed=closed_days_ahead(version.content),
        special=special_days_text(version.content["special_days"]).splitlines(),
        levels=levels_by(row),
        may_manage=may_manage and row.archived_at is None,
    )


@bp.route("/support/calendars/new", methods=["GET", "POST"])
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.CALENDAR_SAVED)
def new_calendar() -> ResponseReturnValue:
    week = {f"day_{day}": USUAL for day in range(5)}
    form = CalendarForm(data={"zone": settings().timezone, **week})
    if form.validate_on_submit():
        with form.refusing():
            row = create_calendar(by=current_staff().actor, terms=form.terms())
            db.session.commit()
            return _done(row, f"{row.name} can be chosen for service levels.")
    return _form_page(form, "New calendar", url_for("support.levels"))


@bp.route("/support/calendars/<int:calendar_id>/edit", methods=["GET", "POST"])
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.CALENDAR_SAVED)
def edit_calendar(calendar_id: int) -> ResponseReturnValue:
    row = calendar_or_404(calendar_id)
    there, title = url_for("support.calendar", calendar_id=row.id), f"Change {row.name}"
    form = CalendarForm(data=calendar_values(row.name, row.version, version_of(row).content))
    if form.validate_on_submit():
        version, by = form.expected_version(), current_staff().actor
        with form.refusing():
            change_calendar(by=by, calendar=row, version=version, terms=form.terms())
            db.session.commit()
            return _done(row, f"{row.name} is saved. Running clocks follow within a minute.")
    return _form_page(form, title, there)


@bp.post("/support/calendars/<int:calendar_id>/archive")
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.CALENDAR_ARCHIVED)
def archive_one_calendar(calendar_id: int) -> ResponseReturnValue:
    row = archive_calendar(by=current_staff().actor, calendar=calendar_or_404(calendar_id))
    db.session.commit()
    flash(f"{row.name} is archived.", "success")
    return see_other(url_for("support.levels"))


def _form_page(form: CalendarForm, title: str, there: str) -> Response:
    return page(
        "support/calendar_form.html",
        status=422 if form.errors or form.form_errors else 200,
        form=form,
        title=title,
        there=there,
    )


def _done(row: BusinessCalendarRow, text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("support.calendar", calendar_id=row.id))
