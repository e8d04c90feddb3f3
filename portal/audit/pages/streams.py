"""Where the log is told while it happens."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.audit.models import AuditStream, StreamKind
from portal.audit.pages.blueprint import bp, may_manage
from portal.audit.streaming.delivering import send_test
from portal.audit.streaming.forms import FORMAT_NAMES, ChangeStreamForm, PauseForm, StreamForm
from portal.audit.streaming.streams import (
    WithSecret,
    add_stream,
    all_streams,
    change_stream,
    pause_stream,
    remove_stream,
    resume_stream,
    rotate_secret,
    stream_or_404,
    target_of,
)
from portal.audit.tree import tree_size
from portal.core.database import db
from portal.core.permissions import Permission
from portal.web.access import acting, audits, requires, sudo
from portal.web.htmx import page, see_other
from portal.web.once_forms import counted_once


@bp.get("/audit/streams")
@requires(Permission.AUDIT_ALL)
def streams() -> Response:
    return page("audit/streams.html", rows=all_streams(), size=tree_size(), may_manage=may_manage())


@bp.get("/audit/streams/new")
@requires(Permission.AUDIT_MANAGE)
def new_stream() -> Response:
    return page("audit/stream_new.html", form=StreamForm())


@bp.post("/audit/streams/new")
@requires(Permission.AUDIT_MANAGE)
@sudo
@audits(Action.STREAM_ADDED)
def add_new_stream() -> ResponseReturnValue:
    form = StreamForm()
    if form.validate_on_submit():
        with form.refusing():
            if there := form.led_to():
                return counted_once(there)
            made = add_stream(
                by=acting(),
                terms=form.terms(StreamKind(form.kind.data)),
                from_beginning=bool(form.from_beginning.data),
            )
            form.leads_to(url_for("audit.stream", stream_id=made.row.id))
            db.session.commit()
            return _shown_once(made)
    return page("audit/stream_new.html", status=422, form=form)


@bp.get("/audit/streams/<int:stream_id>")
@requires(Permission.AUDIT_ALL)
def stream(stream_id: int) -> Response:
    row = stream_or_404(stream_id)
    return _stream_page(row, ChangeStreamForm(obj=row))


@bp.post("/audit/streams/<int:stream_id>/change")
@requires(Permission.AUDIT_MANAGE)
@sudo
@audits(Action.STREAM_CHANGED)
def change_one_stream(stream_id: int) -> ResponseReturnValue:
    row, form = stream_or_404(stream_id, locked=True), ChangeStreamForm()
    if form.validate_on_submit():
        with form.refusing():
            change_stream(by=acting(), row=row, terms=form.terms(row.kind))
            db.session.commit()
            return _back(row, f"{row.name} is saved.")
    return _stream_page(stream_or_404(stream_id), form, status=422)


@bp.post("/audit/streams/<int:stream_id>/pause")
@requires(Permission.AUDIT_MANAGE)
@sudo
@audits(Action.STREAM_PAUSED)
def pause_one_stream(stream_id: int) -> ResponseReturnValue:
    row, form = stream_or_404(stream_id, locked=True), PauseForm()
    if not form.validate_on_submit():
        return _stream_page(row, ChangeStreamForm(formdata=None, obj=row), pause=form, status=422)
    pause_stream(by=acting(), row=row, reason=form.reason.data or "")
    db.session.commit()
    return _back(row, f"{row.name} is paused. Nothing is lost: it goes on where it stopped.")


@bp.post("/audit/streams/<int:stream_id>/resume")
@requires(Permission.AUDIT_MANAGE)
@sudo
@audits(Action.STREAM_RESUMED)
def resume_one_stream(stream_id: int) -> ResponseReturnValue:
    row = resume_stream(by=acting(), row=stream_or_404(stream_id, locked=True))
    db.session.commit()
    return _back(row, f"{row.name} goes on where it stopped.")


@bp.post("/audit/streams/<int:stream_id>/test")
@requires(Permission.AUDIT_MANAGE)
@audits(Action.STREAM_TESTED)
def test_stream(stream_id: int) -> ResponseReturnValue:
    why_not = send_test(stream_or_404(stream_id))
    row = stream_or_404(stream_id)
    record(Action.STREAM_TESTED, by=acting(), target=target_of(row), reason=why_not)
    db.session.commit()
    if why_not:
        flash(f"{row.name} did not take the test. {why_not}", "danger")
        return see_other(url_for("audit.stream", stream_id=row.id))
    return _back(row, f"{row.name} took the test.")


@bp.post("/audit/streams/<int:stream_id>/secret")
@requires(Permission.AUDIT_MANAGE)
@sudo
@audits(Action.STREAM_SECRET_ROTATED)
def rotate_stream_secret(stream_id: int) -> ResponseReturnValue:
    made = rotate_secret(by=acting(), row=stream_or_404(stream_id, locked=True))
    db.session.commit()
    return _shown_once(made)


@bp.post("/audit/streams/<int:stream_id>/remove")
@requires(Permission.AUDIT_MANAGE)
@sudo
@audits(Action.STREAM_REMOVED)
def remove_one_stream(stream_id: int) -> ResponseReturnValue:
    row = stream_or_404(stream_id, locked=True)
    name = row.name
    remove_stream(by=acting(), row=row)
    db.session.commit()
    flash(f"{name} is removed. What it told already stays where it went.", "success")
    return see_other(url_for("audit.streams"))


def _stream_page(
    row: AuditStream, form: ChangeStreamForm, *, pause: PauseForm | None = None, status: int = 200
) -> Response:
    return page(
        "audit/stream.html",
        status=status,
        row=row,
        form=form,
        formats=FORMAT_NAMES,
        pause=pause or PauseForm(formdata=None),
        behind=max(0, tree_size() - row.next_index),
        may_manage=may_manage(),
    )


def _shown_once(made: WithSecret) -> ResponseReturnValue:
    if made.secret is None:
        return _back(made.row, f"{made.row.name} tells each event from now on.")
    return page("audit/stream_secret.html", row=made.row, secret=made.secret)


def _back(row: AuditStream, text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("audit.stream", stream_id=row.id))
