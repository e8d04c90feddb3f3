"""What the page of a tenant shows of coupons: read after the page itself."""

from flask import Response, render_template, url_for
from markupsafe import Markup

from portal.core.actor import Actor
from portal.core.permissions import Permission
from portal.coupons.listing import coupons_for
from portal.coupons.pages.blueprint import bp
from portal.coupons.uses import latest_uses
from portal.customers.models import Tenant
from portal.customers.panels import Panel, register_tenant_panel
from portal.customers.tenants import tenant_or_404
from portal.staff.current import current_staff
from portal.web.access import requires
from portal.web.htmx import page_or_fragment

ORDER = 30
FEW = 5


@bp.get("/coupons/tenants/<int:tenant_id>")
@requires(Permission.COUPONS_VIEW)
def tenant(tenant_id: int) -> Response:
    found = tenant_or_404(tenant_id)
    uses = latest_uses(found.id, most=FEW + 1)
    return page_or_fragment(
        "coupons/tenant.html",
        "coupons/_tenant.html",
        tenant=found,
        uses=uses[:FEW],
        has_more=len(uses) > FEW,
        coupons=coupons_for(found.id, most=FEW),
        may_manage=current_staff().actor.may(Permission.COUPONS_MANAGE),
    )


def _of_tenant(found: Tenant, by: Actor) -> Panel | None:
    if not by.may(Permission.COUPONS_VIEW):
        return None
    url = url_for("coupons.tenant", tenant_id=found.id)
    html = render_template("coupons/_tenant_later.html", url=url)
    return Panel("coupons", "Coupons", Markup(html))  # noqa: S704 - our template


register_tenant_panel(ORDER, _of_tenant)
