"""Macros: kept by managers, shown in words on a ticket, then applied, and taken back."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from portal.audit.actions import Action
from portal.catalog.revisions import catalog_now
from portal.core.database import db
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.staff.directory import person_or_404
from portal.support.answer_forms import MacroForm, MacroRunForm
from portal.support.change_words import change_in_words, sentence
from portal.support.macro_runs import preview, run_macro, undo_macro
from portal.support.macros import (
    archive_macro,
    change_macro,
    create_macro,
    macro_or_404,
    targets_of,
)
from portal.support.macros import macros as kept_macros
from portal.support.models import Macro
from portal.support.pages.blueprint import bp
from portal.support.pages.ticket_view import found_ticket, head_context, ticket_url
from portal.support.pages.written import view_now
from portal.support.ticket_grants import feature_label
from portal.web.access import audits, requires, roll_back
from portal.web.htmx import page, see_other
from portal.web.once_forms import counted_once
from portal.web.times import reader_zone


@bp.get("/support/macros")
@requires(Permission.SUPPORT_MANAGE)
def macros() -> Response:
    found = [(macro, sentence(_steps_in_words(macro))) for macro in kept_macros()]
    return page("support/macros.html", macros=found)


def _steps_in_words(macro: Macro) -> list[str]:
    steps, words = macro.steps, change_in_words(macro.steps)
    if "body" in steps:
        words.append("adds a note" if steps["is_internal"] else "sends a reply")
    if "grant" in steps:
        name, days = feature_label(steps["grant"]["feature_name"]), steps["grant"]["days"]
        words.append(f"grants {name} for {days} day{'' if days == 1 else 's'}")
    return words


@bp.get("/support/macros/new")
@requires(Permission.SUPPORT_MANAGE)
def new_macro() -> Response:
    return _page(_form(), None)


@bp.post("/support/macros/new")
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.MACRO_SAVED)
def add_macro() -> ResponseReturnValue:
    form = _form()
    if form.validate_on_submit():
        with form.refusing():
            if there := form.led_to():
                return counted_once(there)
            by, name = current_staff().actor, form.name.data or ""
            made = create_macro(by=by, name=name, steps=form.steps())
            form.leads_to(url_for("support.macros"))
            db.session.commit()
            return _done(f"{made.name} is saved.")
    return _page(form, None, 422)


@bp.get("/support/macros/<int:macro_id>")
@requires(Permission.SUPPORT_MANAGE)
def macro(macro_id: int) -> Response:
    found = macro_or_404(macro_id)
    form = _form(MacroForm.values_of(found.name, found.version, found.steps))
    return _page(form.keep(targets_of(found.steps)), found)


@bp.post("/support/macros/<int:macro_id>")
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.MACRO_SAVED)
def save_macro(macro_id: int) -> ResponseReturnValue:
    form = _form().keep(targets_of(macro_or_404(macro_id).steps))
    if form.validate_on_submit():
        with form.refusing():
            saved = change_macro(
                by=current_staff().actor,
                macro_id=macro_id,
                name=form.name.data or "",
                steps=form.steps(),
                version=form.expected_version(),
            )
            db.session.commit()
            return _done(f"{saved.name} is saved.")
    return _page(form, macro_or_404(macro_id), 422)


@bp.post("/support/macros/<int:macro_id>/archive")
@requires(Permission.SUPPORT_MANAGE)
@audits(Action.MACRO_ARCHIVED)
def drop_macro(macro_id: int) -> ResponseReturnValue:
    gone = archive_macro(by=current_staff().actor, macro_id=macro_id)
    db.session.commit()
    return _done(f"{gone.name} is archived. What it did can still be taken back.")


def _form(values: dict[str, object] | None = None) -> MacroForm:
    present = [one for one in catalog_now().features.values() if not one.is_archived]
    named = sorted((one.display_name or one.name, one.name) for one in present)
    form = MacroForm() if values is None else MacroForm(data=values)
    return form.offer_features([(name, label) for label, name in named])


def _page(form: MacroForm, found: Macro | None, status: int = 200) -> Response:
    return page("support/macro.html", status=status, form=form, macro=found)


def _done(text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("support.macros"))


@bp.post("/support/tickets/<number>/macro")
@requires(Permission.TICKETS_REPLY)
@audits(Action.MACRO_APPLIED)
def apply_macro(number: str) -> ResponseReturnValue:
    """Without the versions of a preview it shows one; with them it does what was shown.

    What is refused is shown again, with the reason above it.
    """
    form = MacroRunForm()
    if not form.validate():
        raise BadRequest("Choose a macro.")
    if form.ticket_version.data is None or form.macro_version.data is None:
        return _preview(number, form)
    me, found = current_staff(), found_ticket(number)
    try:
        run_macro(
            by=me.actor,
            ticket=found,
            author=person_or_404(me.id),
            macro_id=form.macro_id.data or 0,
            macro_version=form.macro_version.data,
            ticket_version=form.ticket_version.data,
        )
        db.session.commit()
    except DomainError as refusal:
        roll_back(refusal)
        return _preview(number, form, refusal)
    flash("The macro was applied.", "success")
    return see_other(ticket_url(found.number, view_now(), "#macros"))


def _preview(number: str, form: MacroRunForm, refusal: DomainError | None = None) -> Response:
    found, by = found_ticket(number), current_staff().actor
    chosen = macro_or_404(form.macro_id.data or 0)
    shown = preview(by=by, ticket=found, macro=chosen, zone=reader_zone())
    return page(
        "support/macro_preview.html",
        status=refusal.status if refusal else 200,
        macro=chosen,
        words=sentence(shown.words),
        shown=shown,
        refusal=refusal,
        **head_context(found),
    )


@bp.post("/support/tickets/<number>/macro/<int:run_id>/undo")
@requires(Permission.TICKETS_REPLY)
@audits(Action.MACRO_UNDONE)
def undo_macro_run(number: str, run_id: int) -> ResponseReturnValue:
    found = found_ticket(number)
    try:
        undone = undo_macro(by=current_staff().actor, ticket=found, run_id=run_id)
        db.session.commit()
    except Conflict as refusal:
        db.session.rollback()
        flash(refusal.message, "warning")
        return see_other(ticket_url(number, view_now(), "#macros"))
    flash(f"Taken back: {', '.join(undone.restored)}.", "success")
    for text in undone.kept:
        flash(text, "warning")
    return see_other(ticket_url(found.number, view_now(), "#macros"))
