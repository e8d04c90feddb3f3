"""Consuming, reserving and giving back, over JSON.

A consumption has a ledger of its own (`quota_events`), so it leaves no event beside it.
"""

from datetime import timedelta
from typing import Any

from flask import Response

from portal.audit.actions import Action
from portal.core.database import db, looking
from portal.core.permissions import Permission
from portal.customers.bearer import current_customer
from portal.entitlements.api.blueprint import api
from portal.entitlements.checks import standing, standing_of
from portal.entitlements.load import facts_in
from portal.entitlements.quota_schemas import (
    CommitBody,
    ConsumeBody,
    ConsumedShape,
    EventPath,
    RefundBody,
    RefundedShape,
    ReleasedShape,
    ReserveBody,
    ReservedShape,
)
from portal.entitlements.quotas import consume_quota
from portal.entitlements.refunds import refund_consumption
from portal.entitlements.reservations import (
    commit_reservation,
    release_reservation,
    reserve_quota,
)
from portal.entitlements.schemas import HolderPath
from portal.entitlements.snapshots import Standing
from portal.web.access import acting, audits, requires, unaudited
from portal.web.idempotency import REPLAYED, body_sha256, demands_key, required_key
from portal.web.openapi import json_answer, takes

OWN_LEDGER = "quota_events is the ledger of consumption"
IN_ORDER = (
    "consumed",
    "reserved",
    "refunded",
    "used",
    "limit",
    "remaining",
    "resets_at",
    "unlimited",
)


@api.post("/me/consume", responses={200: ConsumedShape})
@requires(Permission.ME_ENTITLEMENTS)
@unaudited(OWN_LEDGER)
@demands_key
@takes
def consume_mine(body: ConsumeBody) -> Response:
    """Take from my quota. `Idempotency-Key` is required: a retry sends the same one.

    The key is unique across the tenant: two users who choose the same one get a 409.
    """
    with looking():
        found = standing(facts_in(current_customer().row))
    return _consumed(found, body)


@api.post("/users/<int:holder_id>/consume", responses={200: ConsumedShape})
@requires(Permission.ENTITLEMENTS_CONSUME)
@unaudited(OWN_LEDGER)
@demands_key
@takes
def consume(path: HolderPath, body: ConsumeBody) -> Response:
    """Take from a user's quota. `Idempotency-Key` is required: a retry sends the same one.

    The key is unique across the tenant: two users who choose the same one get a 409.
    """
    with looking():
        found = standing_of(user_id=path.holder_id)
    return _consumed(found, body)


def _consumed(found: Standing, body: ConsumeBody) -> Response:
    assert found.user_id is not None  # noqa: S101 - both routes are about a user
    done = consume_quota(
        user_id=found.user_id,
        feature_name=body.feature_name,
        amount=body.amount,
        partial=body.partial,
        standing=found,
        is_alone=True,
        **_key(),
    )
    db.session.commit()
    return _answer({"consumption_id": done.id}, done.result, done.is_replay)


@api.post("/users/<int:holder_id>/reserve", responses={200: ReservedShape})
@requires(Permission.ENTITLEMENTS_CONSUME)
@unaudited(OWN_LEDGER)
@demands_key
@takes
def reserve(path: HolderPath, body: ReserveBody) -> Response:
    """Hold a part of a user's quota. `Idempotency-Key` is required."""
    done = reserve_quota(
        user_id=path.holder_id,
        feature_name=body.feature_name,
        amount=body.amount,
        expires_in=timedelta(seconds=body.expires_in),
        **_key(),
    )
    db.session.commit()
    result = {**done.result, "reserved": done.result["consumed"]}
    del result["consumed"]
    return _answer({"reservation_id": done.id}, result, done.is_replay)


@api.post("/reservations/<big:event_id>/commit", responses={200: ConsumedShape})
@requires(Permission.ENTITLEMENTS_CONSUME)
@unaudited(OWN_LEDGER)
@demands_key
@takes
def commit(path: EventPath, body: CommitBody) -> Response:
    """Use what was held. `Idempotency-Key` is required."""
    done = commit_reservation(reservation_id=path.event_id, amount=body.amount, **_key())
    db.session.commit()
    return _answer({"consumption_id": done.id}, done.result, done.is_replay)


@api.post("/reservations/<big:event_id>/release", responses={200: ReleasedShape})
@requires(Permission.ENTITLEMENTS_CONSUME)
@unaudited(OWN_LEDGER)
@demands_key
@takes
def release(path: EventPath) -> Response:
    """Let go of what was held. `Idempotency-Key` is required."""
    done = release_reservation(reservation_id=path.event_id, **_key())
    db.session.commit()
    return _answer({"reservation_id": path.event_id}, done.result, done.is_replay)


@api.post("/consumptions/<big:event_id>/refund", responses={200: RefundedShape})
@requires(Permission.ENTITLEMENTS_CONSUME)
@audits(Action.QUOTA_REFUNDED)
@demands_key
@takes
def refund(path: EventPath, body: RefundBody) -> Response:
    """Give back what was consumed, to where it came from. `Idempotency-Key` is required."""
    done = refund_consumption(
        by=acting(),
        consumption_id=path.event_id,
        amount=body.amount,
        reason=body.reason,
        **_key(),
    )
    db.session.commit()
    return _answer({"refund_id": done.id}, done.result, done.is_replay)


def _key() -> dict[str, Any]:
    return {"idempotency_key": required_key(), "request_sha256": body_sha256()}


def _answer(numbered: dict[str, int], result: dict[str, Any], is_replay: bool) -> Response:
    """In one order, whether the answer was just made or kept: PostgreSQL keeps none."""
    ordered = {name: result[name] for name in IN_ORDER if name in result}
    answer = json_answer({**numbered, **ordered})
    if is_replay:
        answer.headers[REPLAYED] = "true"
    return answer
