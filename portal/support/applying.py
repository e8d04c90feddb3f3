"""Several fields of one ticket at once, and back again: what changes in bulk and macros share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from portal.core.actor import Actor
from portal.core.clock import timestamp
from portal.core.database import db
from portal.core.errors import DomainError
from portal.support.assignment import Holders, assign
from portal.support.fields import Wanted, change_fields
from portal.support.models import SupportTicket
from portal.support.statuses import move, set_status
from portal.support.tagging import change_tags
from portal.support.words import Status

Change: TypeAlias = Mapping[str, Any]
"""`status priority category assign_to team_id add_tags remove_tags`, each only when it is set."""
FIELDS = ("status", "priority", "category", "assignee_id", "team_id", "tags")
LABELS = {
    "status": "status",
    "priority": "priority",
    "category": "category",
    "assignee_id": "assignee",
    "team_id": "team",
    "tags": "tags",
}
ENDED = ("waiting_since", "snoozed_until")
"""What ends with a ticket that is solved, and so comes back with its status."""


def apply_change(*, by: Actor, ticket: SupportTicket, change: Change, cause: str) -> None:
    """Make a locked ticket as the change says. What is so already stays, without an event.

    The status comes last: a closed ticket would take nothing else.

    Raises:
        DomainError: as the deed of the field says; the caller rolls back what was done before.
    """
    apply_fields(by=by, ticket=ticket, change=change, cause=cause)
    apply_status(by=by, ticket=ticket, change=change, cause=cause)


def apply_fields(*, by: Actor, ticket: SupportTicket, change: Change, cause: str) -> None:
    """The first half of `apply_change`: all but the status."""
    wanted = {name: Wanted(change[name]) for name in ("priority", "category") if name in change}
    if wanted:
        change_fields(by=by, ticket=ticket, wanted=wanted, cause=cause)
    add, remove = change.get("add_tags", ()), change.get("remove_tags", ())
    if add or remove:
        change_tags(by=by, ticket=ticket, add=add, remove=remove, cause=cause)
    to = Holders()
    if "assign_to" in change:
        to["agent_id"] = change["assign_to"]
    if "team_id" in change:
        to["team_id"] = change["team_id"]
    if to:
        assign(by=by, ticket=ticket, to=to, cause=cause)


def apply_status(*, by: Actor, ticket: SupportTicket, change: Change, cause: str) -> None:
    """The second half of `apply_change`."""
    if "status" in change:
        set_status(by=by, ticket=ticket, status=Status(change["status"]), cause=cause)


def state_of(ticket: SupportTicket) -> dict[str, Any]:
    """What can be taken back, as JSON holds it."""
    found = {name: getattr(ticket, name) for name in FIELDS}
    ended = {name: getattr(ticket, name) for name in ENDED}
    return {
        **found,
        "status": str(ticket.status),
        "tags": list(ticket.tags),
        "is_unread": ticket.is_unread,
        **{name: timestamp(at) if at else None for name, at in ended.items()},
    }


def changed_fields(before: Change, after: Change) -> list[str]:
    """The names of the fields that differ, in their order."""
    return [name for name in FIELDS if before[name] != after[name]]


@dataclass(slots=True)
class TakenBack:
    """The labels of the fields that are as before, and why each other one is not."""

    restored: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def take_back(
    *, by: Actor, ticket: SupportTicket, before: Change, after: Change, cause: str
) -> TakenBack:
    """Restore what a change made of a locked ticket, where nobody changed the field since."""
    found = TakenBack()
    for name in changed_fields(before, after):
        restore = _restoring(name, by=by, ticket=ticket, before=before, after=after, cause=cause)
        if restore is None:
            verb = "were" if name == "tags" else "was"
            found.kept.append(f"The {LABELS[name]} {verb} changed since.")
            continue
        try:
            with db.session.begin_nested():
                restore()
            found.restored.append(LABELS[name])
        except DomainError as refusal:
            found.kept.append(f"The {LABELS[name]} stays: {refusal.message}")
    return found


def _restoring(
    name: str, *, by: Actor, ticket: SupportTicket, before: Change, after: Change, cause: str
) -> Callable[[], object] | None:
    """What restores the field; None: it says something else by now."""
    if name == "tags":
        return _restoring_tags(by, ticket, before["tags"], after["tags"], cause)
    if getattr(ticket, name) != after[name]:
        return None
    old = before[name]
    if name == "status":
        return partial(_restore_status, by, ticket, before, cause)
    if name in {"priority", "category"}:
        wanted = {name: Wanted(old)}
        return partial(change_fields, by=by, ticket=ticket, wanted=wanted, cause=cause)
    to: Holders = {"team_id": old} if name == "team_id" else {"agent_id": old}
    return partial(assign, by=by, ticket=ticket, to=to, cause=cause)


def _restoring_tags(
    by: Actor, ticket: SupportTicket, old: list[str], new: list[str], cause: str
) -> Callable[[], object] | None:
    """Only those that came or went by the change: others' tags stay."""
    present = set(ticket.tags)
    add = [tag for tag in old if tag not in new and tag not in present]
    remove = [tag for tag in new if tag not in old and tag in present]
    if not add and not remove:
        return None
    return partial(change_tags, by=by, ticket=ticket, add=add, remove=remove, cause=cause)


def _restore_status(by: Actor, ticket: SupportTicket, before: Change, cause: str) -> None:
    """Also to a status that nobody may choose: what was new is new again.

    A solution that was taken back is no reopening: the reports count those.
    """
    present, wanted = Status(ticket.status), Status(before["status"])
    move(by=by, ticket=ticket, status=wanted, cause=cause)
    if present is Status.SOLVED and wanted.is_open:
        ticket.reopened_count -= 1
    if present is Status.CLOSED:
        ticket.closed_at = None
    if wanted.is_open and not present.is_open:
        for name in ENDED:
            setattr(ticket, name, _moment(before.get(name)))
        ticket.is_unread = before.get("is_unread", False)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
