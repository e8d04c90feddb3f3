"""What would they pay? A customer, a plan and codes in order: line by line, period by period."""

from flask import Response, request

from portal.catalog.overview import plans_on_offer
from portal.catalog.revisions import catalog_now
from portal.catalog.snapshot import Plan
from portal.core.currencies import price_text
from portal.core.database import db
from portal.core.permissions import Permission
from portal.coupons.pages.blueprint import bp
from portal.coupons.simulating import Simulation
from portal.coupons.simulating import simulate as answer_to
from portal.coupons.simulation_forms import SimulationForm
from portal.customers.directory import Search, TenantRow, tenants
from portal.customers.models import Tenant
from portal.web.access import requires
from portal.web.forms import is_finding
from portal.web.htmx import page
from portal.web.urls import LARGEST_ID

MOST_FOUND = 8


@bp.get("/coupons/simulate")
@requires(Permission.COUPONS_VIEW)
def simulate() -> Response:
    """Without a plan, or to find a customer, only the form; for `?q=` those to choose from."""
    plans = plans_on_offer(catalog_now())
    form = SimulationForm(request.args)
    form.offer([(plan.name, _label(plan)) for plan in plans])
    searched = request.args.get("q", "")
    customers = _tenants(searched)
    is_ready = bool(form.plan.data) and form.tenant.data in {one.id for one in customers}
    is_asked = "plan" in request.args and not is_finding(request.args, is_ready=is_ready)
    found = _found(form, plans) if is_asked else None
    return page(
        "coupons/simulate.html",
        status=422 if is_asked and found is None else 200,
        form=form,
        found=found,
        money=lambda cents: price_text(cents, found.currency if found else ""),
        chosen=_tenant(form),
        searched=searched,
        tenants=customers,
    )


def _found(form: SimulationForm, plans: list[Plan]) -> Simulation | None:
    if not form.validate():
        return None
    currency = next(plan.currency for plan in plans if plan.name == form.plan.data)
    with form.refusing():
        return answer_to(form.question(currency))
    return None


def _tenant(form: SimulationForm) -> Tenant | None:
    number = form.tenant.data
    return db.session.get(Tenant, number) if number and 0 < number <= LARGEST_ID else None


def _tenants(searched: str) -> list[TenantRow]:
    search = Search.of({"q": searched})
    return tenants(search).items[:MOST_FOUND] if search.text else []


def _label(plan: Plan) -> str:
    name = plan.display_name or plan.name
    has_price = plan.monthly_price_cents is not None or plan.annual_price_cents is not None
    return name if has_price else f"{name} (price by agreement)"
