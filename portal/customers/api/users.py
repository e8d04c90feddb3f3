"""Users of a tenant, as the product tells us of them and asks for them.

Another tenant's user is not found, whatever their external id. Addresses: as `tenants`. Their
e-mail is masked for people who may not see it, and for tokens of people that do not carry that.
"""

from typing import Any

from flask import Response, jsonify

from portal.audit.actions import Action
from portal.core.permissions import Permission
from portal.customers.api.blueprint import api
from portal.customers.directory import Search, users_for_programs
from portal.customers.models import User
from portal.customers.naming import masked
from portal.customers.schemas import (
    UserAnswer,
    UserBody,
    UserList,
    UserPath,
    UserQuery,
)
from portal.customers.tenants import tenant_by_external_id
from portal.customers.users import upsert_user, user_by_external_id
from portal.web.access import acting, audits, requires
from portal.web.idempotency import commit_answer, idempotent
from portal.web.times import machine


@api.get("/users", responses={200: UserList})
@requires(Permission.CUSTOMERS_VIEW)
def list_users(query: UserQuery) -> Response:
    """Every user of one tenant, by external id."""
    tenant = tenant_by_external_id(query.tenant)
    search = Search(query.q.replace("\x00", "").strip(), query.status or "")
    found = users_for_programs(tenant, search, cursor=query.cursor, limit=query.limit)
    items = [
        {**row, "email": _email(row["email"]), "created_at": machine(row["created_at"])}
        for row in found.items
    ]
    return jsonify(items=items, next_cursor=found.next_cursor)


@api.get("/tenants/<path:external_id>/users/<path:user_external_id>", responses={200: UserAnswer})
@requires(Permission.CUSTOMERS_VIEW)
def user(path: UserPath) -> Response:
    """One user."""
    tenant = tenant_by_external_id(path.external_id)
    return jsonify(shown(user_by_external_id(tenant, path.user_external_id)))


@api.put(
    "/tenants/<path:external_id>/users/<path:user_external_id>",
    responses={200: UserAnswer, 201: UserAnswer},
)
@requires(Permission.CUSTOMERS_WRITE)
@audits(
    Action.USER_CREATED,
    Action.USER_CHANGED,
    Action.USER_DEACTIVATED,
    Action.USER_REACTIVATED,
)
@idempotent
def put_user(path: UserPath, body: UserBody) -> Response:
    """Create them (201) or make them so (200). The same again changes nothing."""
    found, is_new = upsert_user(
        by=acting(),
        tenant=tenant_by_external_id(path.external_id),
        external_id=path.user_external_id,
        name=body.name,
        email=body.email,
        status=body.status,
        within_seats=body.within_seats,
    )
    answer = jsonify(shown(found))
    answer.status_code = 201 if is_new else 200
    return commit_answer(answer, is_secret=True)


def shown(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "external_id": user.external_id,
        "name": user.name,
        "email": _email(user.email),
        "status": user.status,
        "tenant_id": user.tenant_id,
        "created_at": machine(user.created_at),
    }


def _email(address: str) -> str:
    return address if acting().may(Permission.CUSTOMERS_UNMASK) else masked(address)
