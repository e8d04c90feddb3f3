"""Goodwill for whoever decides: all gestures, one of them, and the budgets."""

from typing import Any

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.audit.browsing import about
from portal.catalog.revisions import catalog_now
from portal.core import clock
from portal.core.actor import Actor
from portal.core.currencies import price_text
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.staff.directory import person_or_404
from portal.support.goodwill import may_withdraw, withdraw
from portal.support.goodwill_budgets import (
    EVERYBODY,
    change_limits,
    drop_limits,
    limits_of,
    month_of,
)
from portal.support.goodwill_deciding import approve, may_decide, reject
from portal.support.goodwill_forms import BudgetForm, DecisionForm
from portal.support.goodwill_list import (
    Narrowing,
    budgets_page,
    gestures_page,
    givers,
    months_back,
)
from portal.support.goodwill_values import currency_of
from portal.support.goodwill_words import COLOURS, GestureKind, GestureStatus, month_label
from portal.support.goodwill_writing import gesture_or_404, target_of_gesture, ticket_of
from portal.support.models import GoodwillGesture
from portal.support.pages.blueprint import bp
from portal.support.pages.written import number_or_none
from portal.web.access import audits, requires
from portal.web.htmx import page, page_or_fragment, see_other
from portal.web.times import reader_zone
from portal.web.urls import LARGEST_ID

STATUSES = [(each.value, each.label) for each in GestureStatus]


@bp.get("/support/goodwill")
@requires(Permission.GOODWILL_APPROVE)
def goodwill() -> Response:
    months = months_back(month_of(clock.now()))
    asked = _narrowing(months)
    return page_or_fragment(
        "support/goodwill.html",
        "support/_goodwill_rows.html",
        listing=gestures_page(asked, cursor=request.args.get("cursor")),
        asked=asked,
        statuses=STATUSES,
        people=givers(),
        months=[(month, month_label(month)) for month in months],
        me_id=current_staff().id,
    )


def _narrowing(months: list[str]) -> Narrowing:
    given = request.args
    status, month = given.get("status", ""), given.get("month", "")
    agent_id = number_or_none(given.get("agent", ""))
    return Narrowing(
        status=status if status in dict(STATUSES) else "",
        agent_id=agent_id if agent_id is not None and agent_id <= LARGEST_ID else None,
        month=month if month in months else "",
    )


@bp.get("/support/goodwill/<int:gesture_id>")
@requires(Permission.TICKETS_VIEW)
def gesture(gesture_id: int) -> Response:
    return _gesture_page(gesture_or_404(gesture_id), DecisionForm())


@bp.post("/support/goodwill/<int:gesture_id>/approve")
@requires(Permission.GOODWILL_APPROVE)
@audits(Action.GOODWILL_APPROVED)
def approve_gesture(gesture_id: int) -> ResponseReturnValue:
    return _decide(gesture_id, approve, "It is given, and the sentence stands in their reply.")


@bp.post("/support/goodwill/<int:gesture_id>/reject")
@requires(Permission.GOODWILL_APPROVE)
@audits(Action.GOODWILL_REJECTED)
def reject_gesture(gesture_id: int) -> ResponseReturnValue:
    return _decide(gesture_id, reject, "It is not given. Whoever asked is told.")


@bp.post("/support/goodwill/<int:gesture_id>/withdraw")
@requires(Permission.GOODWILL_GIVE)
@audits(Action.GOODWILL_WITHDRAWN)
def withdraw_gesture(gesture_id: int) -> ResponseReturnValue:
    return _decide(gesture_id, withdraw, "It is taken back.")


def _decide(gesture_id: int, deed: Any, text: str) -> ResponseReturnValue:
    form = DecisionForm()
    if form.validate_on_submit():
        with form.refusing():
            row = deed(by=_actor(), gesture_id=gesture_id, reason=form.reason.data or None)
            number = ticket_of(row).number
            db.session.commit()
            flash(text, "success")
            if request.form.get("to") == "ticket":
                return see_other(f"/support/tickets/{number}#customer")
            return see_other(url_for("support.gesture", gesture_id=gesture_id))
    return _gesture_page(gesture_or_404(gesture_id), form, 422)


def _gesture_page(row: GoodwillGesture, form: DecisionForm, status: int = 200) -> Response:
    state, ticket, by = GestureStatus(row.status), ticket_of(row), _actor()
    is_there = state is GestureStatus.GIVEN and row.kind != GestureKind.QUOTA
    may_end = is_there or state is GestureStatus.AWAITING_APPROVAL
    return page(
        "support/goodwill_gesture.html",
        status=status,
        row=row,
        kind=GestureKind(row.kind),
        state=state,
        colour=COLOURS[state],
        ticket=ticket,
        value=price_text(row.value_cents, row.currency),
        target_url=_target_url(row),
        is_over=row.until is not None and row.until <= clock.now(),
        events=about(by=by, zone=reader_zone(), target=target_of_gesture(row)),
        events_url=url_for("audit.browse", q=ticket.number),
        may_decide=may_decide(by, row),
        may_withdraw=may_end and may_withdraw(by, row),
        is_own_request=row.requested_by == by.id,
        form=form,
    )


def _target_url(row: GoodwillGesture) -> str | None:
    """Where the row that was made is shown."""
    if row.target_type == "coupon":
        return url_for("coupons.coupon", coupon_id=row.target_id)
    if row.target_type == "user_entitlement":
        return url_for("entitlements.override", scope="user", grant_id=row.target_id)
    if row.target_type == "quota":
        return url_for("entitlements.tenant_usage", tenant_id=row.tenant_id)
    if row.target_type == "subscription":
        return url_for("subscriptions.tenant", tenant_id=row.tenant_id)
    return None


@bp.get("/support/goodwill/budgets")
@requires(Permission.GOODWILL_APPROVE)
def goodwill_budgets() -> Response:
    month = month_of(clock.now())
    return page(
        "support/goodwill_budgets.html",
        listing=budgets_page(month=month, cursor=request.args.get("cursor")),
        usual=limits_of(EVERYBODY),
        month=month,
        month_label=month_label(month),
        currency=currency_of(catalog_now()),
        price=price_text,
        may_manage=_actor().may(Permission.SUPPORT_MANAGE),
    )


@bp.route("/support/goodwill/budgets/<int:admin_id>", methods=["GET", "POST"])
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.GOODWILL_BUDGET_CHANGED)
def edit_budget(admin_id: int) -> ResponseReturnValue:
    name = person_or_404(admin_id).name if admin_id != EVERYBODY else "everybody"
    limits, is_usual = limits_of(admin_id), admin_id == EVERYBODY
    version = limits.version if limits.is_own or is_usual else 0
    form = BudgetForm.of(limits, currency_of(catalog_now()), version=version, has_tenant=is_usual)
    if form.validate_on_submit():
        with form.refusing():
            change_limits(
                by=_actor(), admin_id=admin_id, version=form.expected_version(), **form.values()
            )
            db.session.commit()
            flash(f"The budget of {name} is saved.", "success")
            return see_other(url_for("support.goodwill_budgets"))
    return page(
        "support/goodwill_budget.html",
        status=422 if form.errors else 200,
        form=form,
        name=name,
        admin_id=admin_id,
        is_own=limits.is_own,
    )


@bp.post("/support/goodwill/budgets/<int:admin_id>/reset")
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.GOODWILL_BUDGET_CHANGED)
def reset_budget(admin_id: int) -> ResponseReturnValue:
    drop_limits(by=_actor(), admin_id=admin_id)
    db.session.commit()
    flash("The budget of everybody counts for them again.", "success")
    return see_other(url_for("support.goodwill_budgets"))


def _actor() -> Actor:
    return current_staff().actor
