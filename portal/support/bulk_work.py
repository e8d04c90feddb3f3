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
from portal.mail.outbox import posted_together
from portal.staff.naming import starter
from portal.support.applying import (
    apply_fields,
    apply_status,
    changed_fields,
    state_of,
    take_back,
)
from portal.support.bulk import KIND, cause_of
from portal.support.clock_rows import clocks_kept, forget_clocks
from portal.support.clocks import aligned_together
from portal.support.draining import held_back
from portal.support.models import BulkChange, BulkChangeRow, SupportTeam, SupportTicket, TeamMember
from portal.support.rule_terms import levels_kept
from portal.support.seeing import NOT_THERE, note_locks, seen_by

AT_ONCE = 100
LONGEST_DETAIL = 300
NO_LONGER = "Whoever started this may no longer change tickets."
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
    ids = _waiting(bulk)
    results = _change_all(bulk, ids)
    _keep(bulk, ids, results)
    bulk.done += len(ids)
    bulk.skipped += sum(each.result == "skipped" for each in results)
    bulk.status = "running"
    if len(ids) == AT_ONCE:
        enqueue(KIND, payload)
    else:
        bulk.status, bulk.finished_at = "done", clock.now()


def _waiting(bulk: BulkChange) -> Sequence[int]:
    query = (
        sa.select(BulkChangeRow.ticket_id)
        .where(BulkChangeRow.bulk_id == bulk.id, BulkChangeRow.result.is_(None))
        .order_by(BulkChangeRow.ticket_id)
        .limit(AT_ONCE)
    )
    return db.session.scalars(query).all()


def _change_all(bulk: BulkChange, ids: Sequence[int]) -> list[Result]:
    by = starter(bulk.created_by, bulk.created_by_label)
    with held_back(), levels_kept():
        if bulk.undoes_id:
            # Field by field, each of which may be rolled back by itself.
            return _one_by_one(by, ids, _undoing(bulk, by, ids), keeps_clocks=False)
        change = _Change(bulk, by)
        found = _together(by, ids, change)
        return _one_by_one(by, ids, change, keeps_clocks=True) if found is None else found


def _keep(bulk: BulkChange, ids: Sequence[int], results: Sequence[Result]) -> None:
    """The results of a batch, past the session: one statement for those of a kind."""
    row = BulkChangeRow.__table__.c
    mine = (row.bulk_id == bulk.id, row.ticket_id == sa.bindparam("of_ticket"))
    update = sa.update(BulkChangeRow).where(*mine)
    pairs = [*zip(ids, results, strict=True)]
    for name in ("changed", "skipped"):
        kept = [
            {"of_ticket": ticket_id, **_columns(each)}
            for ticket_id, each in pairs
            if each.result == name
        ]
        if kept:
            db.session.connection().execute(update, kept)


def _columns(result: Result) -> dict[str, Any]:
    """What is not set stays NULL, which a column of JSON tells from its own null."""
    return {key: value for key, value in result._asdict().items() if key != "before" or value}


class _HalfDone(Exception):
    """A ticket refused after a part of the change had been made of it."""


def _together(by: Actor, ids: Sequence[int], change: "_Change") -> list[Result] | None:
    """All in one savepoint, which is written by a few statements.

    Most refusals come before anything was changed. None: one did not, and nothing is changed.
    """
    tickets = _locked(by, ids)
    there = [*tickets.values()]
    tries = [_Try(by, tickets.get(ticket_id)) for ticket_id in ids]
    try:
        with db.session.begin_nested(), posted_together(), clocks_kept(there):
            with aligned_together():
                for each in tries:
                    each.go(change.begin)
            for each in tries:
                each.go(change.end)
            return [each.result() for each in tries]
    except _HalfDone:
        return None


class _Try:
    """One ticket of many that are changed together."""

    def __init__(self, by: Actor, ticket: SupportTicket | None) -> None:
        self.by, self.ticket = by, ticket
        self.refusal: DomainError | None = None
        if not by.may(Permission.TICKETS_REPLY):
            self.refusal = Denied(NO_LONGER)
        elif ticket is None:
            self.refusal = NotFound(NOT_THERE)
        else:
            self.version, self.before = ticket.version, state_of(ticket)

    def go(self, deed: Callable[[SupportTicket], None]) -> None:
        """Every deed that changes a ticket raises its version."""
        if self.refusal is not None or self.ticket is None:
            return
        try:
            deed(self.ticket)
        except DomainError as refusal:
            if self.ticket.version != self.version:
                raise _HalfDone from refusal
            self.refusal = refusal

    def result(self) -> Result:
        self.go(self._check)
        if self.refusal is not None or self.ticket is None:
            return _skipped(self.refusal or NotFound(NOT_THERE))
        return Result("changed", None, {"before": self.before, "after": state_of(self.ticket)})

    def _check(self, ticket: SupportTicket) -> None:
        _check_changed(self.before, ticket)


def _check_changed(before: dict[str, Any], ticket: SupportTicket) -> None:
    if not changed_fields(before, state_of(ticket)):
        raise Conflict("It is so already.")


def _skipped(refusal: DomainError) -> Result:
    return Result("skipped", refusal.message[:LONGEST_DETAIL], None)


def _one_by_one(by: Actor, ids: Sequence[int], deed: Deed, *, keeps_clocks: bool) -> list[Result]:
    tickets = _locked(by, ids)
    with clocks_kept([*tickets.values()] if keeps_clocks else []):
        return [_change_one(by, tickets.get(ticket_id), deed) for ticket_id in ids]


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


class _Change:
    """What is made of each ticket: all but its status, and then that."""

    def __init__(self, bulk: BulkChange, by: Actor) -> None:
        self.by, self.others = by, _teams_of_others(by)
        self.change, self.cause = bulk.change, cause_of(bulk)

    def begin(self, ticket: SupportTicket) -> None:
        if ticket.team_id in self.others and ticket.assignee_id != self.by.id:
            name = self.others[ticket.team_id]
            raise Denied(f"It belongs to “{name}”, and you are neither in it nor the assignee.")
        apply_fields(by=self.by, ticket=ticket, change=self.change, cause=self.cause)

    def end(self, ticket: SupportTicket) -> None:
        apply_status(by=self.by, ticket=ticket, change=self.change, cause=self.cause)

    def __call__(self, ticket: SupportTicket) -> None:
        self.begin(ticket)
        self.end(ticket)


def _teams_of_others(by: Actor) -> dict[int, str]:
    """Names of the teams whose tickets this person may not change in bulk."""
    if by.may(Permission.SUPPORT_MANAGE):
        return {}
    own = sa.select(TeamMember.team_id).where(TeamMember.agent_id == by.id)
    query = sa.select(SupportTeam.id, SupportTeam.name).where(SupportTeam.id.not_in(own))
    return {row.id: row.name for row in db.session.execute(query)}


def _undoing(bulk: BulkChange, by: Actor, ids: Sequence[int]) -> Deed:
    query = sa.select(BulkChangeRow.ticket_id, BulkChangeRow.before).where(
        BulkChangeRow.bulk_id == bulk.undoes_id,
        BulkChangeRow.ticket_id.in_(ids),
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
        return _skipped(refusal)


def _made(by: Actor, ticket: SupportTicket | None, deed: Deed) -> Result:
    if not by.may(Permission.TICKETS_REPLY):
        raise Denied(NO_LONGER)
    if ticket is None:
        raise NotFound(NOT_THERE)
    before = state_of(ticket)
    detail = deed(ticket)
    _check_changed(before, ticket)
    made = {"before": before, "after": state_of(ticket)}
    return Result("changed", detail[:LONGEST_DETAIL] if detail else None, made)
