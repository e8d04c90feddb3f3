"""Writing into a ticket: answers, notes, and what is not sent yet."""

from flask import flash, make_response, request
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.permissions import Permission
from portal.core.text import plain_lines
from portal.staff.current import current_staff
from portal.staff.directory import person_or_404
from portal.support.bodies import BadBody
from portal.support.drafts import mark_of, save_draft
from portal.support.merging import live_ticket
from portal.support.messages import Sent, StaleSend, add_note, reply
from portal.support.models import SupportTicket
from portal.support.neighbours import Here
from portal.support.numbers import read_number
from portal.support.outgoing import UNDO_HOLD
from portal.support.pages.blueprint import bp
from portal.support.pages.ticket_view import (
    Composing,
    found_ticket,
    head_context,
    next_url,
    ticket_page,
    ticket_url,
)
from portal.support.pages.written import MOST_BYTES, Written, kind_now
from portal.support.reading import public_after
from portal.support.seeing import lock_ticket, ticket_or_404
from portal.support.words import MessageKind, Status
from portal.web.access import accepts_files, audits, requires, unaudited
from portal.web.flashes import flash_with_button
from portal.web.htmx import page, page_or_fragment, see_other, wants_fragment

NOBODYS_BUSINESS = "what somebody has not sent is their own business"


@bp.post("/support/tickets/<number>/reply")
@requires(Permission.TICKETS_REPLY)
@accepts_files(MOST_BYTES)
@audits(Action.TICKET_REPLIED)
def send_reply(number: str) -> ResponseReturnValue:
    written, me = Written.now(), current_staff()
    found = ticket_or_404(me.actor, number, lock=True)
    here = Here.of(found, written.view)
    try:
        sent = reply(
            by=me.actor,
            ticket=found,
            author=me,
            body=written.body,
            status=written.status,
            seen_message_id=written.seen_message_id,
            send_anyway=written.send_anyway,
            submit_key=written.submit_key,
            uploads=written.uploads,
            draft_seen=written.draft_seen,
        )
        # Before the commit, after which each of the rows would be read again.
        done = _done(sent, here, written, f"Your answer to {sent.ticket.number} is on its way.")
        db.session.commit()
    except StaleSend:
        return _stale(number, written)
    except DomainError as refusal:
        return _refused(number, written, refusal, MessageKind.PUBLIC)
    return done


@bp.post("/support/tickets/<number>/note")
@requires(Permission.TICKETS_REPLY)
@accepts_files(MOST_BYTES)
@audits(Action.TICKET_NOTED)
def write_note(number: str) -> ResponseReturnValue:
    found, written, me = found_ticket(number), Written.now(), current_staff()
    here = Here.of(found, written.view)
    try:
        sent = add_note(
            by=me.actor,
            ticket=found,
            author=person_or_404(me.id),
            body=written.body,
            submit_key=written.submit_key,
            uploads=written.uploads,
            draft_seen=written.draft_seen,
        )
        db.session.commit()
    except DomainError as refusal:
        return _refused(number, written, refusal, MessageKind.NOTE)
    return _done(sent, here, written, "The note is added.")


@bp.post("/support/tickets/<number>/draft")
@requires(Permission.TICKETS_REPLY)
@accepts_files(MOST_BYTES)  # the button of a form that has files is pressed as well
@unaudited(NOBODYS_BUSINESS)
def keep_draft(number: str) -> ResponseReturnValue:
    """By script the answer is what is kept, where something was put in that the page had not."""
    written, kind = Written.now(), kind_now()
    found = _written_on(number, kind)
    kept = _keep(found, written, kind)
    if "quietly" in request.form and kept and mark_of(kept) != mark_of(plain_lines(written.body)):
        return make_response(kept, 200, {"Content-Type": "text/plain; charset=utf-8"})
    if wants_fragment() or "quietly" in request.form:
        return make_response("", 204)
    flash("Your draft is kept. Nobody else sees it.", "success")
    return see_other(ticket_url(found.number, written.view, "#composer"))


def _done(sent: Sent, here: Here, written: Written, text: str) -> ResponseReturnValue:
    if written.then_next:
        _tell(sent, written.view, text)
        return see_other(next_url(here))
    # A script that goes to a place in the page it shows loads nothing anew.
    anchor = "" if wants_fragment() else f"#message-{sent.message.id}"
    return see_other(ticket_url(sent.ticket.number, written.view, anchor))


def _tell(sent: Sent, view: str, text: str) -> None:
    """On the page of another ticket, from which an answer can be taken back, too."""
    if sent.message.kind != MessageKind.PUBLIC:
        flash(text, "success")
        return
    flash_with_button(
        text,
        label="Undo send",
        action=ticket_url(sent.ticket.number, "") + "/undo-send",
        fields={"message_id": sent.message.id, "view": view},
        seconds=int(UNDO_HOLD.total_seconds()) - 1,
    )


def _stale(number: str, written: Written) -> ResponseReturnValue:
    """Only what is new, and the text once more; it is kept as a draft, too."""
    found, kept = _kept(number, written, MessageKind.PUBLIC)
    text = kept or written.body
    lines = public_after(found, written.seen_message_id or 0)
    return page_or_fragment(
        "support/stale.html",
        "support/_stale.html",
        status=409,
        lines=lines,
        newest_id=found.last_public_message_id,
        written=written,
        text=text,
        text_mark=mark_of(text),
        file_names=[upload.filename for upload in written.uploads],
        **head_context(found),
    )


def _refused(
    number: str, written: Written, refusal: DomainError, kind: MessageKind
) -> ResponseReturnValue:
    found, kept = _kept(number, written, kind)
    if kept and found.number != read_number(number):
        return _moved(number, found, written)
    names = [upload.filename for upload in written.uploads]
    composing = Composing(kind, kept or written.body, refusal.message, names)
    if wants_fragment():
        return page("support/_compose_problem.html", status=422, composing=composing, kind=kind)
    return ticket_page(found, status=refusal.status, composing=composing)


def _moved(number: str, target: SupportTicket, written: Written) -> ResponseReturnValue:
    files = " Attach its files anew." if written.uploads else ""
    flash(
        f"{number} was merged into this ticket meanwhile. Nothing was sent: "
        f"your text is your draft here.{files}",
        "warning",
    )
    return see_other(ticket_url(target.number, written.view, "#reply-body"))


def _kept(number: str, written: Written, kind: MessageKind) -> tuple[SupportTicket, str | None]:
    """The ticket as it is now, after the refused deed was rolled back, and the draft, if any."""
    db.session.rollback()
    found, kept = _written_on(number, kind), None
    if written.body.strip():
        try:
            kept = _keep(found, written, kind)
        except BadBody:  # the page alone holds a text that is longer than a draft may be
            db.session.rollback()
    return found, kept


def _keep(ticket: SupportTicket, written: Written, kind: MessageKind) -> str | None:
    kept = save_draft(
        admin_id=current_staff().id,
        ticket=ticket,
        kind=kind,
        body=written.body,
        submit_key=written.submit_key,
        seen=written.draft_seen,
    )
    db.session.commit()
    return kept


def _written_on(number: str, kind: MessageKind) -> SupportTicket:
    """Where a reply is written on: a merged ticket takes notes alone."""
    found = found_ticket(number)
    if kind is MessageKind.NOTE:
        return found
    if found.status != Status.MERGED:
        lock_ticket(found)  # so that no merge comes between
        if found.status == Status.MERGED:  # as one did: nobody locks it before its target
            db.session.rollback()
    return live_ticket(found) or found
