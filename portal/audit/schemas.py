"""What the API of the ledger takes and gives."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from portal.audit.actions import Action, Outcome, Severity
from portal.audit.exports import Asked, ExportKind
from portal.audit.filters import UTC_ZONE, Filters
from portal.audit.logs import EVERYTHING, LOGS
from portal.audit.spans import read_instant
from portal.web.openapi import ExactBody, example
from portal.web.texts import WHOLE
from portal.web.urls import LARGEST_ID

EVENT: dict[str, Any] = {
    "id": "01a2130f-4ea0-7000-9834-d25d1f2f287f",
    "occurred_at": "2026-11-25T14:15:00.000000Z",
    "stream": "admin",
    "action": "tenant.suspended",
    "words": "suspended the tenant Acme",
    "outcome": "success",
    "severity": "warning",
    "reason": "Three invoices are unpaid",
    "actor": {"type": "admin", "id": 2, "label": "mo@boxcostpro.test", "role": "manager"},
    "target": {"type": "tenant", "id": "14", "label": "Acme"},
    "tenant_id": 14,
    "ip": "203.0.113.9",
    "user_agent": "Mozilla/5.0",
    "session_ref": "0123456789abcdef",
    "request_id": "9f2c51d7a0b34e68",
    "changes": [{"field": "status", "old": "active", "new": "suspended"}],
    "meta": {},
}
ADDRESS = "ip"


def _is_time(text: str) -> str:
    try:
        read_instant(text, UTC_ZONE, days_after=1)
    except (ValueError, OverflowError) as error:
        message = "a day such as 2026-11-23, or an instant as in RFC 3339"
        raise PydanticCustomError("time", message) from error
    return text


def _is_address(text: str) -> str:
    if fault := Filters(ip=text).faults.get(ADDRESS):
        raise PydanticCustomError("ip", fault)
    return text


def _is_log(text: str) -> str:
    if fault := Filters(log=text).faults.get("log"):
        raise PydanticCustomError("log", fault)
    return text


Log = Annotated[str, Field(json_schema_extra={"enum": list(LOGS)}), AfterValidator(_is_log)]
Time = Annotated[str, Field(max_length=40), AfterValidator(_is_time)]
"""A day (UTC; the day of `to` is included), or an instant."""
Name = Annotated[str, Field(min_length=1, max_length=200), WHOLE]
LeafCount = Annotated[int, Field(ge=0, le=2**53)]


class EventFilters(BaseModel):
    """`actor` is the number of a person of ours, `api_token:5`, or the label as it was written.

    `from` and `to` are instants or days (UTC; the day of `to` is included). `q` is looked for in
    labels and reasons, and matches whole ids of requests and events.
    """

    actor: Name | None = None
    action: Action | None = None
    outcome: Outcome | None = None
    severity: Severity | None = None
    target_type: Name | None = None
    target_id: Name | None = None
    tenant_id: int | None = Field(None, ge=1, le=LARGEST_ID)
    ip: Annotated[str, Field(max_length=45), AfterValidator(_is_address)] | None = None
    request_id: Annotated[str, Field(max_length=64, pattern=r"^[\w.:-]+$")] | None = None
    begin: Time | None = Field(None, alias="from")
    end: Time | None = Field(None, alias="to")
    q: Name | None = None

    @field_validator("end")
    @classmethod
    def _is_after_begin(cls, end: str | None, info: ValidationInfo) -> str | None:
        given = Filters(since=info.data.get("begin") or "", until=end or "")
        if fault := given.faults.get("to"):
            raise PydanticCustomError("span", fault)
        return end

    def filters(self, log: str) -> Filters:
        return Filters(
            log=log,
            actor=self.actor or "",
            action=self.action or "",
            outcome=self.outcome or "",
            severity=self.severity or "",
            target_type=self.target_type or "",
            target_id=self.target_id or "",
            tenant=str(self.tenant_id or ""),
            ip=self.ip or "",
            request=self.request_id or "",
            since=self.begin or "",
            until=self.end or "",
            q=self.q or "",
        )


class EventQuery(EventFilters):
    cursor: str | None = Field(None, max_length=100)
    limit: int = Field(50, ge=1, le=100)


class ExportBody(ExactBody, EventFilters):
    """What goes into a bundle: the events that fit, or the whole period that they lie in.

    `selection` proves of each event that it is in the log, `range` and `range_with_hashes` also
    that none was left out; the latter holds a bare hash of each event that does not fit. `first`
    and `last` are numbers of leaves, for the two ranges alone. With `since`, how many leaves the
    newest checkpoint covers that the reader has, the bundle proves that the log only grew.
    """

    model_config = example(
        {"kind": "selection", "action": "entitlement.granted", "from": "2026-11-01"},
        {"kind": "range", "first": 0, "last": 999, "since": 500},
    )

    kind: ExportKind = ExportKind.SELECTION
    log: Log = EVERYTHING
    first: LeafCount | None = None
    last: LeafCount | None = None
    since: LeafCount | None = None

    @field_validator("first", "last")
    @classmethod
    def _is_of_range(cls, leaf: int | None, info: ValidationInfo) -> int | None:
        if leaf is not None and info.data.get("kind") is ExportKind.SELECTION:
            raise PydanticCustomError("leaf", "single events have no first or last leaf")
        return leaf

    def asked(self) -> Asked:
        return Asked(self.kind, self.filters(self.log), UTC_ZONE, self.first, self.last, self.since)


class EventPath(BaseModel):
    event_id: str = Field(max_length=36)


class ActorShape(BaseModel):
    """Who did it, as they were called then. `id` is None for nobody we know."""

    type: str
    id: int | None
    label: str
    role: str | None


class TargetShape(BaseModel):
    """What it was done to, as it was called then."""

    type: str
    id: str
    label: str


class EventShape(BaseModel):
    """One event. `words` tells it in a sentence; everything else is as it was recorded."""

    model_config = example(EVENT)

    id: str
    occurred_at: str
    stream: str
    action: str
    words: str
    outcome: str
    severity: str
    reason: str | None
    actor: ActorShape
    target: TargetShape | None
    tenant_id: int | None
    ip: str | None
    user_agent: str | None
    session_ref: str | None
    request_id: str | None
    changes: list[dict[str, Any]]
    meta: dict[str, Any]


class EventsShape(BaseModel):
    """The newest first."""

    model_config = example({"items": [EVENT], "next_cursor": None})

    items: list[EventShape]
    next_cursor: str | None
