"""The worker's side of a change in bulk: a hundred tickets at a time.

A batch, its results, its progress and the job that goes on are one transaction: after a kill the
next attempt finds either all of it or nothing.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Conflict, Denied, DomainError, NotFound
from portal.core.permissions import Permission
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles
from portal.staff.naming import starter
from portal.support.applying import apply_change, changed_fields, state_of, take_back
from portal.support.bulk import KIND, cause_of
from portal.support.clock_rows import clocks_kept, forget_clocks
from portal.support.draining import held_back
from portal.support.models import BulkChange, BulkChangeRow, SupportTeam, SupportTicket, TeamMember
from portal.support.rule_terms import levels_kept
from portal.support.seeing import NOT_THERE, note_locks, seen_by

AT_ONCE = 100
LONGEST_DETAIL = 300
Deed = Callable[[SupportTicket], str | None]
"""Changes one locked ticket, or refuses. What it returns is worth knowing."""


class Result(NamedTuple):
    """What became of one ticket: `changed` or `skipped`, why, and what was changed."""

    result: str
    detail: str | None
    before: dict[str, Any] | None


@handles(KIND)
def work_off(payload: dict[str, Any]) -> None:
    """The next hundred tickets, and the job for the ones after them."""
    bulk = db.session.get(
        BulkChange, payload["bulk_id"], with_for_update=True, populate_existing=True
    )
    if bulk is None or bulk.status == "done":
        return
    rows = _waiting(bulk)
    _change_all(bulk, rows)
    bulk.done += len(rows)
    bulk.skipped += sum(row.result == "skipped" for row in rows)
    bulk.status = "running"
    if len(rows) == AT_ONCE:
        enqueue(KIND, payload)
    else:
        bulk.status, bulk.finished_at = "done", clock.now()


def _waiting(bulk: BulkChange) -> Sequence[BulkChangeRow]:
    query = (
        sa.select(BulkChangeRow)
        .where(BulkChangeRow.bulk_id == bulk.id, BulkChangeRow.result.is_(None))
        .order_by(BulkChangeRow.ticket_id)
        .limit(AT_ONCE)
    )
    return db.session.scalars(query).all()


def _change_all(bulk: BulkChange, rows: Sequence[BulkChangeRow]) -> None:
    by = starter(bulk.created_by, bulk.created_by_label)
    tickets = _locked(by, [row.ticket_id for row in rows])
    deed = _undoing(bulk, by, rows) if bulk.undoes_id else _changing(bulk, by)
    # Taking back goes field by field, each of which may be rolled back by itself.
    kept = [] if bulk.undoes_id else [*tickets.values()]
    with held_back(), levels_kept(), clocks_kept(kept):
        results = [_change_one(by, tickets.get(row.ticket_id), deed) for row in rows]
    # Kept together at the end: one statement for them all.
    for row, result in zip(rows, results, strict=True):
        row.result, row.detail, row.before = result


def _locked(by: Actor, ids: Sequence[int]) -> dict[int, SupportTicket]:
    """Always in this order, so that two batches cannot wait for each other in a circle."""
    query = (
        sa.select(SupportTicket)
        .where(SupportTicket.id.in_(ids), seen_by(by))
        .order_by(SupportTicket.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {ticket.id: ticket for ticket in db.session.scalars(query)}
    note_locks(found.values())
    return found


def _changing(bulk: BulkChange, by: Actor) -> Deed:
    change, cause = bulk.change, cause_of(bulk)
    others = _teams_of_others(by)

    def change_it(ticket: SupportTicket) -> None:
        if ticket.team_id in others and ticket.assignee_id != by.id:
            name = others[ticket.team_id]
            raise Denied(f"It belongs to “{name}”, and you are neither in it nor the assignee.")
        apply_change(by=by, ticket=ticket, change=change, cause=cause)

    return change_it


def _teams_of_others(by: Actor) -> dict[int, str]:
    """Names of the teams whose tickets this person may not change in bulk."""
    if by.may(Permission.SUPPORT_MANAGE):
        return {}
    own = sa.select(TeamMember.team_id).where(TeamMember.agent_id == by.id)
    query = sa.select(SupportTeam.id, SupportTeam.name).where(SupportTeam.id.not_in(own))
    return {row.id: row.name for row in db.session.execute(query)}


def _undoing(bulk: BulkChange, by: Actor, rows: Sequence[BulkChangeRow]) -> Deed:
    query = sa.select(BulkChangeRow.ticket_id, BulkChangeRow.before).where(
        BulkChangeRow.bulk_id == bulk.undoes_id,
        BulkChangeRow.ticket_id.in_([row.ticket_id for row in rows]),
    )
    known = {ticket_id: made or {} for ticket_id, made in db.session.execute(query)}
    return partial(_undo_one, by, known, cause_of(bulk))


def _undo_one(
    by: Actor, known: dict[int, dict[str, Any]], cause: str, ticket: SupportTicket
) -> str | None:
    made = known[ticket.id]
    found = take_back(by=by, ticket=ticket, before=made["before"], after=made["after"], cause=cause)
    why = " ".join(found.kept)
    if not found.restored:
        raise Conflict(why)
    return why or None


def _change_one(by: Actor, ticket: SupportTicket | None, deed: Deed) -> Result:
    """A ticket that refuses is skipped with its reason, and the others go on."""
    try:
        with db.session.begin_nested():
            return _made(by, ticket, deed)
    except DomainError as refusal:
        if ticket is not None:
            forget_clocks(ticket.id)
        return Result("skipped", refusal.message[:LONGEST_DETAIL], None)


def _made(by: Actor, ticket: SupportTicket | None, deed: Deed) -> Result:
    if not by.may(Permission.TICKETS_REPLY):
        raise Denied("Whoever started this may no longer change tickets.")
    if ticket is None:
        raise NotFound(NOT_THERE)
    before = state_of(ticket)
    detail = deed(ticket)
    after = state_of(ticket)
    if not changed_fields(before, after):
        raise Conflict("It is so already.")
    made = {"before": before, "after": after}
    return Result("changed", detail[:LONGEST_DETAIL] if detail else None, made)
