"""Plans: the list, one of them, and their forms."""

from typing import Any

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.audit.scope import Reach, reach_about_money
from portal.catalog.forms import NewPlanForm, PlanForm
from portal.catalog.models import PlanTemplate
from portal.catalog.overview import Cell, archived_plans, plans_on_offer, price_of
from portal.catalog.pages.blueprint import bp
from portal.catalog.pages.saving import Saving, form_page, may_manage, refuse_stale
from portal.catalog.plan_features import said_by
from portal.catalog.plans import (
    PLAIN,
    change_plan,
    create_plan,
    plan_or_404,
    proposed_plan,
    tenants_on,
)
from portal.catalog.refusals import Archived
from portal.catalog.revisions import catalog_now, draft_with, plan_of
from portal.catalog.snapshot import Catalog
from portal.core.currencies import amount_text
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.web.access import audits, requires
from portal.web.htmx import page, see_other

TRAIL = ("catalog.plans", "Plans")


@bp.get("/catalog/plans")
@requires(Permission.CATALOG_VIEW)
def plans() -> Response:
    catalog = catalog_now()
    return page(
        "catalog/plans.html",
        plans=plans_on_offer(catalog),
        archived=archived_plans(catalog),
        fallback=catalog.fallback_plan,
        sizes={
            plan.id: sum(
                Cell.of(plan, one).via.is_included
                for one in catalog.features.values()
                if not one.is_archived
            )
            for plan in catalog.plans.values()
        },
        price_of=price_of,
        may_manage=may_manage(),
    )


@bp.get("/catalog/plans/<name>")
@requires(Permission.CATALOG_VIEW)
def plan(name: str) -> Response:
    row, catalog = plan_or_404(name), catalog_now()
    found = plan_of(row, said_by(row.id))
    offered = [one for one in catalog.features.values() if not one.is_archived]
    return page(
        "catalog/plan.html",
        plan=found,
        row=row,
        cells=[Cell.of(found, one) for one in offered],
        tenants=tenants_on(row.id),
        price_of=price_of,
        may_manage=may_manage() and row.archived_at is None,
        may_audit=reach_about_money(current_staff().actor) is Reach.EVERYBODY,
    )


@bp.route("/catalog/new-plan", methods=["GET", "POST"])
@requires(Permission.CATALOG_MANAGE)
@audits(Action.PLAN_CREATED)
def new_plan() -> ResponseReturnValue:
    form = NewPlanForm()
    others = {one.name: one for one in plans_on_offer(catalog_now())}
    form.offer((one.name, one.display_name) for one in others.values())
    saving = Saving(form)
    if form.validate_on_submit():
        with saving:
            like = others.get(form.like.data or "")
            terms = form.terms(dict(like.features) if like else {})
            row = create_plan(by=current_staff().actor, name=form.name.data or "", terms=terms)
            db.session.commit()
            return _done(row.name, f"{row.display_name} is on offer.")
    return form_page(form, saving, TRAIL, "New plan", url_for("catalog.plans"))


@bp.route("/catalog/plans/<name>/edit", methods=["GET", "POST"])
@requires(Permission.CATALOG_MANAGE)
@audits(Action.PLAN_CHANGED)
def edit_plan(name: str) -> ResponseReturnValue:
    row = _changeable(name)
    form = PlanForm(data=_values(row))
    saving = Saving(form)
    if form.validate_on_submit():
        with saving:
            refuse_stale(form, row)
            id_, version = row.id, form.expected_version()
            if saving.is_seen(lambda now: _draft(now, id_, form)):
                terms = form.terms(said_by(id_))
                change_plan(by=current_staff().actor, name=name, version=version, terms=terms)
                db.session.commit()
                return _done(name, f"{terms.display_name} is saved.")
    title, there = f"Change {row.display_name}", url_for("catalog.plan", name=name)
    return form_page(form, saving, TRAIL, title, there, saving.differences(_values(row)))


def _draft(now: Catalog, plan_id: int, form: PlanForm) -> Catalog:
    present = now.plans[plan_id]
    terms = form.terms(dict(present.features))
    return draft_with(now, plans=[proposed_plan(present, present.name, terms)])


def _changeable(name: str) -> PlanTemplate:
    row = plan_or_404(name)
    if row.archived_at is not None:
        raise Archived(f"{row.display_name} is archived, so it is not changed any more.")
    return row


def _values(row: PlanTemplate) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in PLAIN}
    return {
        **values,
        "monthly_price": _amount(row.monthly_price_cents, row.currency),
        "annual_price": _amount(row.annual_price_cents, row.currency),
        "version": str(row.version),
    }


def _amount(cents: int | None, currency: str) -> str:
    return "" if cents is None else amount_text(cents, currency)


def _done(name: str, text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("catalog.plan", name=name))
