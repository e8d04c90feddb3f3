"""Many codes at once."""

from typing import Any

from flask import Response

from portal.audit.actions import Action
from portal.core.once import new_once
from portal.core.permissions import Permission
from portal.coupons.api.answers import terms_answer
from portal.coupons.api.blueprint import api
from portal.coupons.batch_codes import batches_page, codes_page
from portal.coupons.batch_schemas import (
    BatchBody,
    BatchesShape,
    BatchPath,
    BatchQuery,
    BatchShape,
    CodesShape,
)
from portal.coupons.batches import (
    approve_batch,
    batch_or_404,
    create_batch,
    disable_batch,
    reject_batch,
    terms_of_batch,
)
from portal.coupons.schemas import DecisionBody
from portal.coupons.terms import Terms
from portal.web.access import acting, audits, requires
from portal.web.idempotency import commit_answer, idempotent
from portal.web.openapi import json_answer, takes
from portal.web.times import machine


@api.get("/batches", responses={200: BatchesShape})
@requires(Permission.COUPONS_VIEW)
@takes
def batches(query: BatchQuery) -> Response:
    """Every batch, the newest first."""
    page = batches_page(cursor=query.cursor, limit=query.limit)
    items = [_batch(row) for row in page.items]
    return json_answer({"items": items, "next_cursor": page.next_cursor})


@api.post("/batches", responses={201: BatchShape})
@requires(Permission.COUPONS_MANAGE)
@audits(Action.COUPON_BATCH_CREATED)
@idempotent
@takes
def create_many(body: BatchBody) -> Response:
    """Make many codes. Beyond your limits, all codes together, they wait when you ask for that."""
    row = create_batch(
        by=acting(),
        once=new_once(),
        prefix=body.prefix,
        count=body.count,
        terms=Terms(**body.said(), is_public=not body.tenant_ids),
        tenant_ids=body.tenant_ids,
        asks_approval=body.ask_approval,
    )
    answer = json_answer(_batch(row))
    answer.status_code = 201
    return commit_answer(answer)


@api.get("/batches/<int:batch_id>", responses={200: BatchShape})
@requires(Permission.COUPONS_VIEW)
@takes
def batch(path: BatchPath) -> Response:
    """One batch."""
    return json_answer(_batch(batch_or_404(path.batch_id)))


@api.get("/batches/<int:batch_id>/codes", responses={200: CodesShape})
@requires(Permission.COUPONS_VIEW)
@takes
def codes(path: BatchPath, query: BatchQuery) -> Response:
    """The codes of a batch, in the order in which they were made."""
    row = batch_or_404(path.batch_id)
    page = codes_page(batch_id=row.id, cursor=query.cursor, limit=query.limit)
    items = [
        {name: getattr(one, name) for name in ("id", "code", "status", "times_redeemed")}
        for one in page.items
    ]
    return json_answer({"items": items, "next_cursor": page.next_cursor})


@api.delete("/batches/<int:batch_id>", responses={200: BatchShape})
@requires(Permission.COUPONS_MANAGE)
@audits(Action.COUPON_BATCH_DISABLED)
@idempotent
@takes
def disable_many(path: BatchPath, body: DecisionBody) -> Response:
    """Disable every code of it, for good."""
    row = disable_batch(by=acting(), batch_id=path.batch_id, reason=body.reason)
    return commit_answer(json_answer(_batch(row)))


@api.post("/batches/<int:batch_id>/approve", responses={200: BatchShape})
@requires(Permission.COUPONS_APPROVE)
@audits(Action.COUPON_BATCH_APPROVED)
@idempotent
@takes
def approve_many(path: BatchPath, body: DecisionBody) -> Response:
    """Let the codes that somebody else asked for be used."""
    row = approve_batch(by=acting(), batch_id=path.batch_id, reason=body.reason)
    return commit_answer(json_answer(_batch(row)))


@api.post("/batches/<int:batch_id>/reject", responses={200: BatchShape})
@requires(Permission.COUPONS_APPROVE)
@audits(Action.COUPON_BATCH_REJECTED)
@idempotent
@takes
def reject_many(path: BatchPath, body: DecisionBody) -> Response:
    """Leave the codes that somebody else asked for unused."""
    row = reject_batch(by=acting(), batch_id=path.batch_id, reason=body.reason)
    return commit_answer(json_answer(_batch(row)))


def _batch(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "prefix": row.prefix,
        "count": row.size,
        "status": row.status,
        "terms": terms_answer(terms_of_batch(row)),
        "created_at": machine(row.created_at),
        "by": row.created_by_label,
        "decided_by": row.decided_by_label,
    }
