"""The list of customers: tenants or users, searched as one types."""

from typing import Any

from flask import Response, request, url_for

from portal.core.permissions import Permission
from portal.customers.directory import Search, tenants, users
from portal.customers.models import TenantStatus, UserStatus
from portal.customers.pages.blueprint import bp
from portal.customers.panels import tenant_columns
from portal.customers.tenants import tenant_or_404
from portal.staff.current import current_staff
from portal.web.access import requires
from portal.web.htmx import page_or_fragment


@bp.get("/customers")
@requires(Permission.CUSTOMERS_VIEW)
def customers() -> Response:
    return _users() if request.args.get("tab") == "users" else _tenants()


def _tenants() -> Response:
    search = Search.of(request.args)
    listing = tenants(search, cursor=request.args.get("cursor"))
    return page_or_fragment(
        "customers/customers.html",
        "customers/_tenants.html",
        listing=listing,
        columns=tenant_columns([row.id for row in listing.items]),
        tenant=None,
        **_around("tenants", search, [status.value for status in TenantStatus]),
    )


def _users() -> Response:
    search = Search.of(request.args)
    return page_or_fragment(
        "customers/customers.html",
        "customers/_users.html",
        listing=users(search, cursor=request.args.get("cursor")),
        columns=[],
        tenant=tenant_or_404(search.tenant_id) if search.tenant_id is not None else None,
        **_around("users", search, [status.value for status in UserStatus]),
    )


def _around(tab: str, search: Search, statuses: list[str]) -> dict[str, Any]:
    actor = current_staff().actor
    labels = {"tenants": "Tenants", "users": "Users"}
    return {
        "tab": tab,
        "search": search,
        "statuses": [(status, status.capitalize()) for status in statuses],
        "tabs": [(url_for("customers.customers", tab=k), v, k == tab) for k, v in labels.items()],
        "may_write": actor.may(Permission.CUSTOMERS_WRITE),
        "may_import": actor.may(Permission.CUSTOMERS_IMPORT),
    }
