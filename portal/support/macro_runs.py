"""Applying a macro to one ticket: shown in words before, one transaction, taken back as a whole."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.catalog.models import FeatureRow
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Conflict, Denied, NotFound
from portal.core.permissions import Permission
from portal.core.staleness import Stale
from portal.customers.models import Tenant, User
from portal.entitlements.grants import grant_user_feature
from portal.entitlements.models import UserEntitlement
from portal.entitlements.revoking import revoke_grant
from portal.staff.models import Admin
from portal.support.applying import apply_change, changed_fields, state_of, take_back
from portal.support.change_words import change_in_words
from portal.support.filling import filled_text
from portal.support.history import note_event, target_of_ticket
from portal.support.macros import macro_or_404
from portal.support.messages import add_note, reply
from portal.support.models import Macro, MacroRun, SupportTicket
from portal.support.names import name_of
from portal.support.seeing import lock_ticket
from portal.support.statuses import set_status
from portal.support.words import Status


class StalePreview(Stale):
    """The ticket or the macro is not as it was when its preview was shown."""

    title = "Something changed"


class NothingDone(Conflict):
    """The ticket is already as the macro would make it, or nothing is left to take back."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a macro would do to a ticket now."""

    words: list[str]
    body: str | None
    is_internal: bool


def preview(*, by: Actor, ticket: SupportTicket, macro: Macro, zone: ZoneInfo) -> Preview:
    """In words, and the text as the customer would read it. Days end in this zone."""
    steps, words = macro.steps, change_in_words(macro.steps)
    body = steps.get("body")
    if body is not None:
        body = filled_text(body, ticket, agent_name=name_of(by))
        words.append("adds the note below" if steps["is_internal"] else "sends the reply below")
        if not steps["is_internal"] and steps.get("assign_to", ticket.assignee_id) is None:
            words.append("gives it to you, as nobody has it")
    if "grant" in steps:
        words.append(_granting(steps["grant"], ticket, zone))
    return Preview(words, body, bool(steps.get("is_internal")))


def _granting(grant: dict[str, Any], ticket: SupportTicket, zone: ZoneInfo) -> str:
    query = sa.select(FeatureRow.display_name).filter_by(name=grant["feature_name"])
    name = db.session.scalar(query) or grant["feature_name"]
    end = _end_of(grant).astimezone(zone)
    limit = f" with a limit of {grant['quota_limit']:,}" if "quota_limit" in grant else ""
    return f"grants {ticket.requester_name} {name}{limit} until {end.day} {end:%b %Y}"


def _end_of(grant: dict[str, Any]) -> datetime:
    return clock.now() + timedelta(days=grant["days"])


def run_macro(
    *,
    by: Actor,
    ticket: SupportTicket,
    author: Admin,
    macro_id: int,
    macro_version: int | None = None,
    ticket_version: int | None = None,
) -> MacroRun:
    """Do all of its steps, or none, each with this person's own rights.

    The versions are those of the preview; None asks for no guard. So a second press of the button
    does nothing a second time.

    Raises:
        StalePreview, NothingDone: see the classes (409).
        NotFound: there is no such macro, or no such feature any more (404).
        Denied: a step is more than this person may do (403).
        DomainError: as the deed of a step refuses.
    """
    if not by.may(Permission.TICKETS_REPLY):
        raise Denied("You may not change tickets.")
    macro = macro_or_404(macro_id)
    if "grant" in macro.steps:
        _lock_tenant(ticket)
    lock_ticket(ticket)
    seen = ((macro_version, macro.version), (ticket_version, ticket.version))
    if any(shown is not None and shown != present for shown, present in seen):
        raise StalePreview("The ticket or the macro changed meanwhile. Look again what it does.")
    before = state_of(ticket)
    run = MacroRun(
        macro_id=macro.id, ticket_id=ticket.id, before=before, ran_at=clock.now(), ran_by=by.id
    )
    _do_steps(by, ticket, author, macro, run)
    run.after = state_of(ticket)
    fields = changed_fields(before, run.after)
    if not fields and run.message_id is None and run.entitlement_id is None:
        raise NothingDone(f"{ticket.number} is already as this macro would make it.")
    _note(by, ticket, macro, run, fields)
    return run


def _lock_tenant(ticket: SupportTicket) -> None:
    """Before the ticket, as by every grant: two that lock in two orders wait for ever."""
    db.session.get(Tenant, ticket.tenant_id, with_for_update=True)


def _do_steps(by: Actor, ticket: SupportTicket, author: Admin, macro: Macro, run: MacroRun) -> None:
    """The status comes last: a reply to a solved ticket would count as none."""
    steps, cause = macro.steps, cause_of_macro(macro.id)
    fields = {name: value for name, value in steps.items() if name != "status"}
    apply_change(by=by, ticket=ticket, change=fields, cause=cause)
    if "grant" in steps:
        run.entitlement_id = _grant(by, ticket, macro)
    if "body" in steps:
        text = filled_text(steps["body"], ticket, agent_name=author.name)
        write = add_note if steps["is_internal"] else reply
        run.message_id = write(by=by, ticket=ticket, author=author, body=text).message.id
    if "status" in steps:
        set_status(by=by, ticket=ticket, status=Status(steps["status"]), cause=cause)


def _grant(by: Actor, ticket: SupportTicket, macro: Macro) -> int:
    grant = macro.steps["grant"]
    given = grant_user_feature(
        by=by,
        user=db.session.get_one(User, ticket.requester_id),
        feature_name=grant["feature_name"],
        quota_limit=grant.get("quota_limit"),
        expires_at=_end_of(grant),
        reason=f"Macro “{macro.name}” on {ticket.number}",
        cause_type="ticket",
        cause_id=ticket.number,
    )
    return given.row.id


def _note(by: Actor, ticket: SupportTicket, macro: Macro, run: MacroRun, fields: list[str]) -> None:
    ticket.version += 1
    db.session.add(run)
    db.session.flush()
    note_event(ticket, "macro", by=by, new=macro.name, cause=cause_of_macro(macro.id))
    record(
        Action.MACRO_APPLIED,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        changes={name: (run.before[name], run.after[name]) for name in fields},
        meta={
            "macro_id": macro.id,
            "macro": macro.name,
            "macro_version": macro.version,
            "run_id": run.id,
            "message_id": run.message_id,
            "entitlement_id": run.entitlement_id,
        },
    )


def cause_of_macro(macro_id: int) -> str:
    """What the events of its steps name as their cause."""
    return f"macro:{macro_id}"


@dataclass(frozen=True, slots=True)
class Undone:
    """What is as before, and in sentences what is not."""

    restored: list[str]
    kept: list[str]


def undo_macro(*, by: Actor, ticket: SupportTicket, run_id: int) -> Undone:
    """Restore what nobody changed since, and revoke the grant if it still stands.

    Raises:
        NotFound: it was not applied to this ticket (404).
        NothingDone: it was taken back before, or nothing of it can be (409).
        Denied: somebody else applied it, or the grant is not this person's to revoke (403).
    """
    if db.session.scalar(sa.select(MacroRun.entitlement_id).where(MacroRun.id == run_id)):
        _lock_tenant(ticket)
    lock_ticket(ticket)
    run = db.session.get(MacroRun, run_id, with_for_update=True, populate_existing=True)
    if run is None or run.ticket_id != ticket.id:
        raise NotFound("This macro was not applied to this ticket.")
    if run.ran_by != by.id and not by.may(Permission.SUPPORT_MANAGE):
        raise Denied("Somebody else applied this macro. Ask them or a manager.")
    if run.undone_at is not None:
        raise NothingDone("It was taken back already.")
    cause = cause_of_macro(run.macro_id)
    found = take_back(by=by, ticket=ticket, before=run.before, after=run.after, cause=cause)
    undone = Undone(found.restored, found.kept)
    _undo_grant(by, ticket, run, undone)
    _keep_message(run, undone)
    if not undone.restored:
        raise NothingDone(" ".join(["Nothing of it can be taken back.", *undone.kept]))
    _note_undone(by, ticket, run, undone)
    return undone


def _undo_grant(by: Actor, ticket: SupportTicket, run: MacroRun, undone: Undone) -> None:
    if run.entitlement_id is None:
        return
    row = db.session.get(UserEntitlement, run.entitlement_id)
    try:
        if row is None:
            raise NothingDone("The grant is gone.")
        revoke_grant(by=by, row=row, reason=f"Macro taken back on {ticket.number}")
        undone.restored.append("grant")
    except Conflict:
        undone.kept.append("The grant had ended already.")


def _keep_message(run: MacroRun, undone: Undone) -> None:
    if run.message_id is not None:
        undone.kept.append("What was written stays in the ticket: it cannot be unsent.")


def _note_undone(by: Actor, ticket: SupportTicket, run: MacroRun, undone: Undone) -> None:
    run.undone_at, run.undone_by = clock.now(), by.id
    ticket.version += 1
    macro = db.session.get_one(Macro, run.macro_id)
    note_event(ticket, "macro", by=by, old=macro.name, cause=cause_of_macro(macro.id))
    record(
        Action.MACRO_UNDONE,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        meta={
            "macro_id": macro.id,
            "run_id": run.id,
            "restored": undone.restored,
            "kept": undone.kept,
        },
    )
