"""Tenants, as the product tells us of them and asks for them.

The address takes a path, so that an external id with a slash is refused with its reason (422)
instead of an address that is not found.
"""

from typing import Any

from flask import Response, jsonify, make_response

from portal.audit.actions import Action
from portal.core.permissions import Permission
from portal.customers.api.blueprint import api
from portal.customers.directory import Search, tenants_for_programs
from portal.customers.models import Tenant, TenantStatus
from portal.customers.schemas import (
    TenantAnswer,
    TenantBody,
    TenantList,
    TenantPath,
    TenantQuery,
)
from portal.customers.tenants import has_status, tenant_by_external_id, upsert_tenant
from portal.web.access import acting, audits, demand_proof, requires
from portal.web.idempotency import commit_answer, idempotent
from portal.web.times import machine


@api.get("/tenants", responses={200: TenantList})
@requires(Permission.CUSTOMERS_VIEW)
def list_tenants(query: TenantQuery) -> Response:
    """Every tenant, oldest first."""
    search = Search(query.q.replace("\x00", "").strip(), query.status or "")
    found = tenants_for_programs(search, cursor=query.cursor, limit=query.limit)
    items = [{**row, "created_at": machine(row["created_at"])} for row in found.items]
    return jsonify(items=items, next_cursor=found.next_cursor)


@api.get("/tenants/<path:external_id>", responses={200: TenantAnswer})
@requires(Permission.CUSTOMERS_VIEW)
def tenant(path: TenantPath) -> Response:
    """One tenant."""
    return jsonify(shown(tenant_by_external_id(path.external_id)))


@api.put("/tenants/<path:external_id>", responses={200: TenantAnswer, 201: TenantAnswer})
@requires(Permission.CUSTOMERS_WRITE)
@audits(
    Action.TENANT_CREATED,
    Action.TENANT_CHANGED,
    Action.TENANT_SUSPENDED,
    Action.TENANT_CLOSED,
    Action.TENANT_REOPENED,
)
@idempotent
def put_tenant(path: TenantPath, body: TenantBody) -> Response:
    """Create it (201) or make it so (200). The same again changes nothing.

    A person who shuts a tenant out proves themselves first, as on the pages.
    """
    refusal = demand_proof() if _shuts_out(path, body) else None
    if refusal is not None:
        return make_response(refusal)
    found, is_new = upsert_tenant(
        by=acting(),
        external_id=path.external_id,
        name=body.name,
        status=body.status,
        plan=body.plan,
    )
    answer = jsonify(shown(found))
    answer.status_code = 201 if is_new else 200
    return commit_answer(answer)


def _shuts_out(path: TenantPath, body: TenantBody) -> bool:
    """Only of who may: everybody else is told that they may not."""
    if body.status in {None, TenantStatus.ACTIVE} or not acting().may(Permission.CUSTOMERS_SUSPEND):
        return False
    return not has_status(path.external_id, str(body.status))


def shown(tenant: Tenant) -> dict[str, Any]:
    return {
        "id": tenant.id,
        "external_id": tenant.external_id,
        "name": tenant.name,
        "status": tenant.status,
        "time_zone": tenant.time_zone,
        "created_at": machine(tenant.created_at),
    }
