"""What the pages of a tenant and of a user show of their tickets: read after the page itself."""

from flask import Response, render_template, url_for
from markupsafe import Markup

from portal.core.actor import Actor
from portal.core.permissions import Permission
from portal.customers.models import Tenant, User
from portal.customers.panels import Panel, register_tenant_panel, register_user_panel
from portal.customers.tenants import tenant_or_404
from portal.customers.users import user_or_404
from portal.staff.current import current_staff
from portal.support.customer_panel import recent_tickets, tickets_of_user
from portal.support.pages.blueprint import bp
from portal.web.access import requires
from portal.web.htmx import page_or_fragment

ORDER = 10


def _of_user(user: User, _tenant: Tenant, by: Actor) -> Panel | None:
    return _panel(by, url_for("support.tickets_of_one_user", user_id=user.id))


def _of_tenant(tenant: Tenant, by: Actor) -> Panel | None:
    return _panel(by, url_for("support.tickets_of_tenant", tenant_id=tenant.id))


def _panel(by: Actor, url: str) -> Panel | None:
    if not by.may(Permission.TICKETS_VIEW):
        return None
    html = render_template("support/_tickets_later.html", url=url)
    return Panel("tickets", "Tickets", Markup(html))  # noqa: S704 - our template


@bp.get("/support/users/<int:user_id>/tickets")
@requires(Permission.TICKETS_VIEW)
def tickets_of_one_user(user_id: int) -> Response:
    user, by = user_or_404(user_id), current_staff().actor
    may_open = by.may(Permission.TICKETS_REPLY) and user.erased_at is None
    return page_or_fragment(
        "support/customer_tickets.html",
        "support/_customer_tickets.html",
        name=user.name,
        back=url_for("customers.user", user_id=user.id),
        tickets=tickets_of_user(by=by, user=user),
        new_url=url_for("support.new_ticket", user=user.id) if may_open else None,
    )


@bp.get("/support/tenants/<int:tenant_id>/tickets")
@requires(Permission.TICKETS_VIEW)
def tickets_of_tenant(tenant_id: int) -> Response:
    tenant, by = tenant_or_404(tenant_id), current_staff().actor
    return page_or_fragment(
        "support/customer_tickets.html",
        "support/_customer_tickets.html",
        name=tenant.name,
        back=url_for("customers.tenant", tenant_id=tenant.id),
        tickets=recent_tickets(by=by, tenant_id=tenant.id),
        new_url=url_for("support.new_ticket") if by.may(Permission.TICKETS_REPLY) else None,
    )


register_user_panel(ORDER, _of_user)
register_tenant_panel(ORDER, _of_tenant)
