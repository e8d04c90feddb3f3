"""What the pages of a tenant and of a user show of entitlements."""

from flask import render_template, url_for
from markupsafe import Markup

from portal.core.actor import Actor
from portal.core.permissions import Permission
from portal.customers.models import Tenant, User
from portal.customers.panels import Panel, register_tenant_panel, register_user_panel
from portal.entitlements.checks import get_tenant_features, get_user_features
from portal.entitlements.states import states_of

ORDER = 20


def _of_user(user: User, _tenant: Tenant, by: Actor) -> Panel | None:
    if not by.may(Permission.ENTITLEMENTS_VIEW):
        return None
    html = render_template(
        "entitlements/_features.html",
        states=states_of(get_user_features(user_id=user.id)),
        user_id=user.id,
        usage_url=None,
        grant_endpoint="entitlements.grant_user",
        grant_values={"user_id": user.id},
        may_grant=by.may(Permission.ENTITLEMENTS_GRANT_BRIEFLY),
    )
    return Panel("entitlements", "What they may use", Markup(html))  # noqa: S704 - our template


def _of_tenant(tenant: Tenant, by: Actor) -> Panel | None:
    if not by.may(Permission.ENTITLEMENTS_VIEW):
        return None
    html = render_template(
        "entitlements/_features.html",
        states=states_of(get_tenant_features(tenant_id=tenant.id)),
        user_id=None,
        usage_url=url_for("entitlements.tenant_usage", tenant_id=tenant.id),
        grant_endpoint="entitlements.grant_tenant",
        grant_values={"tenant_id": tenant.id},
        may_grant=by.may(Permission.ENTITLEMENTS_GRANT_TENANT),
    )
    return Panel("entitlements", "What its users may use", Markup(html))  # noqa: S704 - our template


register_user_panel(ORDER, _of_user)
register_tenant_panel(ORDER, _of_tenant)
