"""The plan of a tenant: what it is, what it was, and changing it; and the trials that end."""

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal.audit.actions import Action
from portal.catalog.overview import plans_on_offer
from portal.catalog.plans import plan_named, plan_or_404
from portal.catalog.revisions import catalog_now
from portal.catalog.snapshot import Catalog, Plan
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.permissions import Permission
from portal.customers.models import Tenant
from portal.customers.panels import Panel, register_tenant_column, register_tenant_panel
from portal.customers.tenants import tenant_or_404
from portal.staff.current import current_staff
from portal.subscriptions import import_plans, plan_use
from portal.subscriptions.assignments import assign_plan, cancel_plan, end_trial, extend_trial
from portal.subscriptions.comparison import Difference, PlanUse, differences
from portal.subscriptions.endings import endings_of
from portal.subscriptions.forms import CancelForm, ChangeForm, EndTrialForm, TrialForm
from portal.subscriptions.history import Standing, history_page, plan_labels, standing_of
from portal.subscriptions.plan_tenants import tenants_on_plan
from portal.subscriptions.signals import use_asked
from portal.subscriptions.trials import SOON, trials_page
from portal.web.access import audits, requires
from portal.web.forms import PortalForm
from portal.web.htmx import page_or_fragment, see_other
from portal.web.nav import NavItem, NavPages

bp = Blueprint("subscriptions", __name__)
NAV = (
    NavItem("Work", "Trials", "subscriptions.trials", "clock", "i", Permission.CUSTOMERS_VIEW),
    NavPages("customers.customers", ("/subscriptions/tenants", "/subscriptions/plans")),
)
__all__ = ["NAV", "bp", "import_plans", "plan_use"]
PANEL_ORDER = 10


@bp.get("/subscriptions/trials")
@requires(Permission.CUSTOMERS_VIEW)
def trials() -> Response:
    state = request.args.get("state", "")
    is_over, within = state == "over", SOON if state == "soon" else None
    return page_or_fragment(
        "subscriptions/trials.html",
        "subscriptions/_trials.html",
        listing=trials_page(is_over=is_over, within=within, cursor=request.args.get("cursor")),
        is_over=is_over,
        tabs=[
            (url_for("subscriptions.trials"), "Ending", state not in {"soon", "over"}),
            (url_for("subscriptions.trials", state="soon"), f"In {SOON.days} days", bool(within)),
            (url_for("subscriptions.trials", state="over"), "Over", is_over),
        ],
    )


@bp.get("/subscriptions/plans/<plan_name>")
@requires(Permission.CUSTOMERS_VIEW)
def on_plan(plan_name: str) -> Response:
    plan = plan_or_404(plan_name)
    return page_or_fragment(
        "subscriptions/on_plan.html",
        "subscriptions/_on_plan.html",
        plan_label=plan.display_name,
        is_fallback=plan.is_fallback,
        listing=tenants_on_plan(plan, cursor=request.args.get("cursor")),
    )


@bp.get("/subscriptions/tenants/<int:tenant_id>")
@requires(Permission.CUSTOMERS_VIEW)
def tenant(tenant_id: int) -> Response:
    return _page(tenant_or_404(tenant_id), request.args.get("plan", ""))


@bp.post("/subscriptions/tenants/<int:tenant_id>/change")
@requires(Permission.SUBSCRIPTIONS_ASSIGN)
@audits(Action.SUBSCRIPTION_PLAN_CHANGED, Action.SUBSCRIPTION_TRIAL_CHANGED)
def change(tenant_id: int) -> ResponseReturnValue:
    form, found = ChangeForm(), tenant_or_404(tenant_id)
    if form.validate_on_submit():
        with form.refusing():
            assign_plan(
                by=current_staff().actor,
                tenant=found,
                plan=plan_named(form.plan.data or ""),
                trial_ends_at=form.trial_ends_at.data,
                reason=form.reason.data,
                expected=form.expected.data,
            )
            db.session.commit()
            return _done(found, f"The plan of {found.name} is changed.")
    return _page(tenant_or_404(tenant_id), form.plan.data or "", status=422, change=form)


@bp.post("/subscriptions/tenants/<int:tenant_id>/extend-trial")
@requires(Permission.SUBSCRIPTIONS_ASSIGN)
@audits(Action.SUBSCRIPTION_TRIAL_CHANGED)
def move_trial(tenant_id: int) -> ResponseReturnValue:
    form, found = TrialForm(prefix="trial-"), tenant_or_404(tenant_id)
    if form.validate_on_submit():
        with form.refusing():
            extend_trial(
                by=current_staff().actor,
                tenant=found,
                trial_ends_at=form.trial_ends_at.data,
                reason=form.reason.data,
            )
            db.session.commit()
            return _done(found, f"The trial of {found.name} has another end.")
    return _page(tenant_or_404(tenant_id), status=422, trial=form)


@bp.post("/subscriptions/tenants/<int:tenant_id>/end-trial")
@requires(Permission.SUBSCRIPTIONS_ASSIGN)
@audits(Action.SUBSCRIPTION_TRIAL_CHANGED)
def stop_trial(tenant_id: int) -> ResponseReturnValue:
    form, found = EndTrialForm(prefix="end-"), tenant_or_404(tenant_id)
    if form.validate_on_submit():
        with form.refusing():
            end_trial(by=current_staff().actor, tenant=found, reason=form.reason.data)
            db.session.commit()
            return _done(found, f"The trial of {found.name} is over.")
    return _page(tenant_or_404(tenant_id), status=422, end=form)


@bp.post("/subscriptions/tenants/<int:tenant_id>/cancel")
@requires(Permission.SUBSCRIPTIONS_ASSIGN)
@audits(Action.SUBSCRIPTION_CANCELED)
def cancel(tenant_id: int) -> ResponseReturnValue:
    form, found = CancelForm(prefix="cancel-"), tenant_or_404(tenant_id)
    if form.validate_on_submit():
        with form.refusing():
            cancel_plan(
                by=current_staff().actor, tenant=found, at=form.at.data, reason=form.reason.data
            )
            db.session.commit()
            return _done(found, f"The plan of {found.name} is cancelled.")
    return _page(tenant_or_404(tenant_id), status=422, cancel=form)


def _done(found: Tenant, text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("subscriptions.tenant", tenant_id=found.id))


def _page(found: Tenant, wanted: str = "", *, status: int = 200, **forms: PortalForm) -> Response:
    """The page, with the forms that were refused in place of fresh ones."""
    catalog, standing = catalog_now(), standing_of(found.id)
    offered = {plan.name: plan for plan in plans_on_offer(catalog)}
    line, chosen = standing.in_force, offered.get(wanted)
    history = history_page(found.id, cursor=request.args.get("cursor"))
    present = catalog.plans.get(line.plan_id) if line else catalog.fallback_plan
    fresh = {
        "change": ChangeForm(None, data=_change_of(standing, wanted)),
        "trial": TrialForm(None, prefix="trial-"),
        "end": EndTrialForm(None, prefix="end-"),
        "cancel": CancelForm(None, prefix="cancel-"),
    }
    return page_or_fragment(
        "subscriptions/tenant.html",
        "subscriptions/_change.html",
        status=status,
        tenant=found,
        standing=standing,
        history=history.at("subscriptions.tenant"),
        endings=endings_of(found, history.items),
        plans=[(plan.name, plan.display_name) for plan in offered.values()],
        chosen=chosen,
        effects=_effects(found, catalog, present, chosen) if chosen else [],
        fallback=catalog.fallback_plan.display_name if catalog.fallback_plan else "no plan",
        may_assign=current_staff().actor.may(Permission.SUBSCRIPTIONS_ASSIGN),
        **{**fresh, **forms},
    )


def _effects(
    found: Tenant, catalog: Catalog, present: Plan | None, chosen: Plan
) -> list[Difference]:
    """What the plan would change, and what is used by now of what it would limit."""
    uses: dict[str, PlanUse] = {}
    for _, answer in use_asked.send(found.id, plan=chosen):
        uses |= answer
    return differences(catalog, present, chosen, uses)


def _change_of(standing: Standing, wanted: str) -> dict[str, object]:
    """A trial of the plan that was chosen goes on unless somebody takes its end away."""
    line = standing.lasting
    keeps_trial = line is not None and line.is_in_force and line.plan == wanted
    return {
        "plan": wanted,
        "expected": line.id if line else 0,
        "trial_ends_at": line.trial_ends_at if line and keeps_trial else None,
    }


def plan_panel(found: Tenant, by: Actor) -> Panel | None:
    """The plan on the tenant's own page."""
    standing = standing_of(found.id)
    html = render_template(
        "subscriptions/_panel.html",
        tenant=found,
        standing=standing,
        endings=endings_of(found, standing.recent),
        may_assign=by.may(Permission.SUBSCRIPTIONS_ASSIGN),
    )
    return Panel("plan", "Plan", Markup(html))  # noqa: S704 - a template made it


register_tenant_panel(PANEL_ORDER, plan_panel)
register_tenant_column("Plan", plan_labels)
