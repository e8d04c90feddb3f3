"""Reporting uses, one or many at a time, and reading their sums, over JSON."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Response
from pydantic import ValidationError

from portal.catalog.refusals import NoSuchFeature
from portal.catalog.revisions import catalog_now
from portal.core import clock
from portal.core.errors import DomainError
from portal.core.permissions import Permission
from portal.customers.tenants import tenant_or_404
from portal.entitlements.api.blueprint import api
from portal.entitlements.usage import Answered, Outcome, take_in
from portal.entitlements.usage_reports import Point, usage_report
from portal.entitlements.usage_schemas import (
    AnsweredShape,
    BatchAnswerShape,
    UsageBatchBody,
    UsageBody,
    UsageQuery,
    UsageShape,
)
from portal.web.access import requires, unaudited
from portal.web.idempotency import commit_answer, idempotent
from portal.web.openapi import faults_of, json_answer, takes
from portal.web.times import machine

OWN_LEDGER = "usage_events is the ledger of reported uses"
USUAL_SPAN = timedelta(days=30)
INVALID = Answered(Outcome.REJECTED, "validation_failed")
MESSAGES = {
    "too_old": ("occurred_at", "It happened more than 35 days ago."),
    "too_new": ("occurred_at", "It lies more than five minutes ahead."),
    "unknown_feature": ("feature_name", "No feature has this name."),
    "unknown_user": ("user_id", "This tenant has no such user."),
    "unknown_tenant": ("tenant_id", "Name a tenant, or a user of one."),
}


class RejectedEvent(DomainError):
    """The event cannot be counted; `reason` is the code that a batch would give."""

    def __init__(self, code: str) -> None:
        field, message = MESSAGES[code]
        super().__init__(message, field=field)
        self.more = {"reason": code}


@api.post("/usage", responses={200: AnsweredShape})
@requires(Permission.ENTITLEMENTS_CONSUME)
@unaudited(OWN_LEDGER)
@idempotent
@takes
def report_usage(body: UsageBody) -> Response:
    """Report one use. Sent again under the same id it is a `duplicate`, and counts once."""
    answered = take_in([body.report()])[0]
    if answered.code is not None:
        raise RejectedEvent(answered.code)
    return commit_answer(json_answer(_item(body.id, answered)))


@api.post("/usage/batch", responses={200: BatchAnswerShape})
@requires(Permission.ENTITLEMENTS_CONSUME)
@unaudited(OWN_LEDGER)
@idempotent
@takes
def report_usage_of_many(body: UsageBatchBody) -> Response:
    """Report up to 1,000 uses. 200 even when some are rejected: do not send the others again."""
    read = [_read(event) for event in body.events]
    answers = iter(take_in([event.report() for event in read if isinstance(event, UsageBody)]))
    items = [
        _item(_id_of(sent), next(answers))
        if isinstance(event, UsageBody)
        else {**_item(_id_of(sent), INVALID), "errors": faults_of(event)}
        for sent, event in zip(body.events, read, strict=True)
    ]
    counts = Counter(item["status"] for item in items)
    answer = {
        "accepted": counts[Outcome.ACCEPTED],
        "duplicates": counts[Outcome.DUPLICATE],
        "rejected": counts[Outcome.REJECTED],
        "items": items,
    }
    return commit_answer(json_answer(answer))


def _read(event: Any) -> UsageBody | ValidationError:
    try:
        return UsageBody.model_validate(event, strict=False)
    except ValidationError as error:
        return error


def _id_of(event: Any) -> str | None:
    found = event.get("id") if isinstance(event, dict) else None
    return found[:128] if isinstance(found, str) else None


def _item(event_id: str | None, answered: Answered) -> dict[str, Any]:
    found: dict[str, Any] = {"id": event_id, "status": answered.outcome}
    if answered.code is not None:
        found["code"] = answered.code
    return found


@api.get("/usage", responses={200: UsageShape})
@requires(Permission.ENTITLEMENTS_VIEW)
@takes
def read_usage(query: UsageQuery) -> Response:
    """How often and how much a tenant used a feature, step by step."""
    tenant_or_404(query.tenant_id)
    if query.feature_name not in catalog_now().features:
        raise NoSuchFeature("No feature has this name.", field="feature_name")
    until = query.until or clock.now()
    points = usage_report(
        tenant_id=query.tenant_id,
        feature_name=query.feature_name,
        step=query.interval,
        since=query.since or until - USUAL_SPAN,
        until=until,
        unique=query.unique,
        with_latest=query.latest,
    )
    return json_answer(
        {
            "tenant_id": query.tenant_id,
            "feature_name": query.feature_name,
            "interval": query.interval,
            "items": [_point(point, query) for point in points],
        }
    )


def _point(point: Point, query: UsageQuery) -> dict[str, Any]:
    found: dict[str, Any] = {
        "start": machine(point.start),
        "count": point.events,
        "sum": plain(point.total),
        "max": plain(point.largest),
    }
    if point.unique is not None:
        found["unique"] = point.unique
    if query.latest:
        found["latest"] = None if point.latest is None else plain(point.latest)
    return found


def plain(number: Decimal) -> str:
    """Without an exponent or zeros that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
