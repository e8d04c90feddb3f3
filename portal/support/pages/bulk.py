"""One change for many tickets: asked once, made by the worker, shown while it runs."""

from dataclasses import dataclass

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.around import queue_at
from portal.support.bulk import (
    bulk_or_404,
    chosen_by_queue,
    chosen_one_by_one,
    start_bulk_change,
    undo_bulk_change,
)
from portal.support.bulk_forms import ChangeForm
from portal.support.bulk_results import (
    RESULTS,
    all_bulk_rows,
    bulk_changes,
    bulk_rows,
    may_undo,
    reasons_of,
)
from portal.support.change_words import change_in_words, checked_change, sentence
from portal.support.models import BulkChange
from portal.support.pages.blueprint import bp
from portal.support.pages.queue import looking_now
from portal.web.access import audits, requires, unaudited
from portal.web.csv import csv_file
from portal.web.htmx import page, page_or_fragment, see_other

LONGEST_VIEW = 60


@dataclass(frozen=True, slots=True)
class Chosen:
    """The tickets of this request: ticked one by one, or all that stand in a queue now."""

    ids: list[int]
    view: str
    text: str
    numbers: list[str]

    @classmethod
    def now(cls) -> "Chosen":
        """
        Raises:
            NothingChosen, TooManyChosen, BadFilter, NotFound: what was chosen.
        """
        form = request.form
        view = form.get("view", "").replace("\x00", "")[:LONGEST_VIEW] or "all"
        text = form.get("q", "")
        if not (form.get("everything") or form.get("all")):
            numbers = form.getlist("ticket")
            return cls(chosen_one_by_one(current_staff().actor, numbers), view, text, numbers)
        looking = looking_now()
        queue = queue_at(looking, key=view, text=text)
        return cls(chosen_by_queue(queue, looking), view, text, [])

    @property
    def query(self) -> str | None:
        """What chose them, when it was a filter."""
        return None if self.numbers else f"{self.view}: {self.text}".rstrip(": ")


@bp.get("/support/bulk")
@requires(Permission.TICKETS_REPLY)
def bulks() -> Response:
    return page("support/bulks.html", listing=bulk_changes(cursor=request.args.get("cursor")))


@bp.post("/support/bulk")
@requires(Permission.TICKETS_REPLY)
@unaudited("it only asks; nothing is changed before the answer")
def confirm_bulk() -> Response:
    chosen, form = Chosen.now(), ChangeForm().offer()
    is_asked = any(name in request.form for name in ("status", "add_tags"))
    if is_asked and form.validate():
        with form.refusing():
            checked_change(form.change())
    return _asking(chosen, form, 422 if form.errors else 200)


def _asking(chosen: Chosen, form: ChangeForm, status: int, *, has_grown: bool = False) -> Response:
    change = {} if form.errors else form.change()
    return page(
        "support/bulk.html",
        status=status,
        form=form,
        chosen=chosen,
        count=len(chosen.ids),
        words=sentence(change_in_words(change)) if change else None,
        has_grown=has_grown,
    )


@bp.post("/support/bulk/start")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKETS_BULK_STARTED)
def start_bulk() -> ResponseReturnValue:
    """More tickets than were asked about are asked about again."""
    chosen, form = Chosen.now(), ChangeForm().offer()
    if len(chosen.ids) > _number("expected", len(chosen.ids)):
        return _asking(chosen, form, 409, has_grown=True)
    if form.validate():
        with form.refusing():
            bulk = start_bulk_change(
                by=current_staff().actor,
                ticket_ids=chosen.ids,
                change=form.change(),
                query=chosen.query,
            )
            db.session.commit()
            return _begun(bulk)
    return _asking(chosen, form, 422)


def _number(field: str, otherwise: int) -> int:
    text = request.form.get(field, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else otherwise


def _begun(bulk: BulkChange) -> ResponseReturnValue:
    flash("It has begun. You may leave this page.", "success")
    return see_other(url_for("support.bulk", bulk_id=bulk.id))


@bp.get("/support/bulk/<int:bulk_id>")
@requires(Permission.TICKETS_REPLY)
def bulk(bulk_id: int) -> Response:
    found, result = bulk_or_404(bulk_id), request.args.get("result", "")
    return page_or_fragment(
        "support/bulk_change.html",
        "support/_bulk_progress.html",
        bulk=found,
        words=sentence(change_in_words(found.change)) if found.change else None,
        reasons=reasons_of(found) if found.skipped else [],
        may_undo=may_undo(current_staff().actor, found),
        result=result if result in RESULTS else "",
        results=[(name, name.capitalize()) for name in RESULTS],
        rows=bulk_rows(found, result=result, cursor=request.args.get("cursor")),
    )


@bp.post("/support/bulk/<int:bulk_id>/undo")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKETS_BULK_UNDONE)
def undo_bulk(bulk_id: int) -> ResponseReturnValue:
    try:
        undoing = undo_bulk_change(by=current_staff().actor, bulk_id=bulk_id)
        db.session.commit()
    except DomainError as refusal:
        if refusal.status != 409:
            raise
        db.session.rollback()
        flash(refusal.message, "warning")
        return see_other(url_for("support.bulk", bulk_id=bulk_id))
    return _begun(undoing)


@bp.get("/support/bulk/<int:bulk_id>/results.csv")
@requires(Permission.TICKETS_REPLY)
def bulk_results(bulk_id: int) -> Response:
    found = bulk_or_404(bulk_id)
    rows = ((row.number, row.result or "waiting", row.detail or "") for row in all_bulk_rows(found))
    return csv_file(f"bulk-{found.id}.csv", ("ticket", "result", "detail"), rows)
