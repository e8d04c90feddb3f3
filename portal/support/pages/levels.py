"""Service levels: what is promised to which tickets, in which order."""

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.config import settings
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.calendars import calendars_on_offer
from portal.support.due_words import clock_lines
from portal.support.level_forms import LevelForm, level_values
from portal.support.level_list import calendar_names, shown, would_fall_under
from portal.support.pages.blueprint import bp
from portal.support.rule_terms import terms_of
from portal.support.rules import (
    all_rules,
    change_rule,
    create_rule,
    disable_rule,
    enable_rule,
    move_rule,
    rule_or_404,
)
from portal.support.seeing import ticket_or_404
from portal.support.usual_levels import create_usual_levels
from portal.web.access import audits, requires
from portal.web.htmx import page, page_or_fragment, see_other
from portal.web.once_forms import counted_once


@bp.get("/support/levels")
@requires(Permission.TICKETS_VIEW)
def levels() -> Response:
    names = calendar_names()
    rules = [shown(row, names) for row in all_rules()]
    return page(
        "support/levels.html",
        levels=[each for each in rules if each.row.disabled_at is None],
        disabled=[each for each in rules if each.row.disabled_at is not None],
        calendars=calendars_on_offer(),
        may_manage=_may_manage(),
    )


@bp.get("/support/tickets/<number>/clocks")
@requires(Permission.TICKETS_VIEW)
def ticket_clocks(number: str) -> Response:
    """Why a ticket is due when it is; the part alone for whoever asks by htmx."""
    ticket = ticket_or_404(_actor(), number)
    return page_or_fragment(
        "support/clocks.html",
        "support/_clocks.html",
        ticket=ticket,
        clocks=clock_lines(ticket),
    )


@bp.post("/support/levels/usual")
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.SLA_RULE_SAVED)
def create_usual() -> ResponseReturnValue:
    made = create_usual_levels(by=_actor(), zone=settings().timezone)
    db.session.commit()
    return _done(f"{len(made)} service levels are in force. Change whatever you promise otherwise.")


@bp.route("/support/levels/new", methods=["GET", "POST"])
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.SLA_RULE_SAVED)
def new_level() -> ResponseReturnValue:
    form = LevelForm()
    form.offer(calendars_on_offer())
    if form.validate_on_submit() and not _is_preview():
        with form.refusing():
            if there := form.led_to():
                return counted_once(there)
            row = create_rule(by=_actor(), terms=form.terms())
            form.leads_to(url_for("support.levels"))
            db.session.commit()
            return _done(f"{row.name} is in force, below all others.")
    return _form_page(form, "New service level")


@bp.route("/support/levels/<int:rule_id>", methods=["GET", "POST"])
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.SLA_RULE_SAVED)
def edit_level(rule_id: int) -> ResponseReturnValue:
    row = rule_or_404(rule_id)
    form = LevelForm(data=level_values(terms_of(row), row.version))
    form.offer(calendars_on_offer())
    if form.validate_on_submit() and not _is_preview():
        version = form.expected_version()
        with form.refusing():
            row = change_rule(by=_actor(), rule=row, version=version, terms=form.terms())
            db.session.commit()
            return _done(f"{row.name} is saved. Running clocks follow within a minute.")
    return _form_page(form, f"Change {row.name}", rule_id)


@bp.post("/support/levels/<int:rule_id>/move")
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.SLA_RULE_MOVED)
def move_level(rule_id: int) -> ResponseReturnValue:
    row = rule_or_404(rule_id)
    steps = {"up": 1, "down": -1}.get(request.form.get("direction", ""), 0)
    is_moved = move_rule(by=_actor(), rule=row, steps=steps)
    db.session.commit()
    return _done(f"{row.name} moved." if is_moved else f"{row.name} stays where it is.")


@bp.post("/support/levels/<int:rule_id>/disable")
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.SLA_RULE_DISABLED)
def disable_level(rule_id: int) -> ResponseReturnValue:
    row = disable_rule(by=_actor(), rule=rule_or_404(rule_id))
    db.session.commit()
    return _done(f"{row.name} is switched off: what it promised is no longer due.")


@bp.post("/support/levels/<int:rule_id>/enable")
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.SLA_RULE_ENABLED)
def enable_level(rule_id: int) -> ResponseReturnValue:
    row = enable_rule(by=_actor(), rule=rule_or_404(rule_id))
    db.session.commit()
    return _done(f"{row.name} is in force again.")


def _actor() -> Actor:
    return current_staff().actor


def _may_manage() -> bool:
    return _actor().may(Permission.SUPPORT_MANAGE)


def _is_preview() -> bool:
    return request.form.get("step") == "preview"


def _form_page(form: LevelForm, title: str, rule_id: int | None = None) -> Response:
    reach = None
    if _is_preview() and not form.errors:
        reach = would_fall_under(form.terms(), rule_id)
    return page(
        "support/level.html",
        status=422 if form.errors or form.form_errors else 200,
        form=form,
        title=title,
        reach=reach,
        has_calendars=bool(form.calendar_id.choices),
    )


def _done(text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("support.levels"))
