"""What the page of a tenant shows of coupons."""

from flask import render_template
from markupsafe import Markup

from portal.core.actor import Actor
from portal.core.permissions import Permission
from portal.coupons.listing import coupons_for
from portal.coupons.uses import latest_uses
from portal.customers.models import Tenant
from portal.customers.panels import Panel, register_tenant_panel

ORDER = 30
FEW = 5


def _of_tenant(tenant: Tenant, by: Actor) -> Panel | None:
    if not by.may(Permission.COUPONS_VIEW):
        return None
    uses = latest_uses(tenant.id, most=FEW + 1)
    html = render_template(
        "coupons/_panel.html",
        tenant=tenant,
        uses=uses[:FEW],
        has_more=len(uses) > FEW,
        coupons=coupons_for(tenant.id, most=FEW),
        may_manage=by.may(Permission.COUPONS_MANAGE),
    )
    return Panel("coupons", "Coupons", Markup(html))  # noqa: S704 - our template


register_tenant_panel(ORDER, _of_tenant)
