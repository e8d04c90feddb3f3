"""What the pages of a tenant and of a user show of their tickets."""

from collections.abc import Sequence

from flask import render_template
from markupsafe import Markup

from portal.core.actor import Actor
from portal.core.permissions import Permission
from portal.customers.models import Tenant, User
from portal.customers.panels import Panel, register_tenant_panel, register_user_panel
from portal.support.customer_panel import RecentTicket, recent_tickets, tickets_of_user

ORDER = 10


def _of_user(user: User, _tenant: Tenant, by: Actor) -> Panel | None:
    if not by.may(Permission.TICKETS_VIEW):
        return None
    may_open = by.may(Permission.TICKETS_REPLY) and user.erased_at is None
    return _panel(
        tickets_of_user(by=by, user=user),
        nothing=f"{user.name} has never asked for anything.",
        new_url=f"/support/tickets/new?user={user.id}" if may_open else None,
    )


def _of_tenant(tenant: Tenant, by: Actor) -> Panel | None:
    if not by.may(Permission.TICKETS_VIEW):
        return None
    may_open = by.may(Permission.TICKETS_REPLY)
    return _panel(
        recent_tickets(by=by, tenant_id=tenant.id),
        nothing=f"Nobody of {tenant.name} has ever asked for anything.",
        new_url="/support/tickets/new" if may_open else None,
    )


def _panel(tickets: Sequence[RecentTicket], *, nothing: str, new_url: str | None) -> Panel:
    html = render_template(
        "support/_customer_tickets.html", tickets=tickets, nothing=nothing, new_url=new_url
    )
    return Panel("tickets", "Tickets", Markup(html))  # noqa: S704 - our template


register_user_panel(ORDER, _of_user)
register_tenant_panel(ORDER, _of_tenant)
