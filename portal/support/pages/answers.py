"""Prepared answers: kept in a list, and put into the composer of a ticket."""

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.answer_forms import AnswerForm
from portal.support.canned import (
    answer_or_404,
    answers_list,
    archive_answer,
    change_answer,
    create_answer,
    offered,
)
from portal.support.models import CannedReply
from portal.support.pages.blueprint import bp
from portal.support.pages.ticket_view import found_ticket, head_context
from portal.web.access import audits, requires
from portal.web.htmx import page, page_or_fragment, see_other
from portal.web.once_forms import counted_once

LONGEST_SEARCH = 100


@bp.get("/support/answers")
@requires(Permission.TICKETS_REPLY)
def answers() -> Response:
    actor, search = current_staff().actor, _search()
    return page(
        "support/answers.html",
        listing=answers_list(actor, search=search, cursor=request.args.get("cursor")),
        search=search,
        may_manage=actor.may(Permission.SUPPORT_MANAGE),
    )


def _search() -> str:
    return request.args.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]


@bp.get("/support/answers/new")
@requires(Permission.TICKETS_REPLY)
def new_answer() -> Response:
    return _page(_new_form(), None)


@bp.post("/support/answers/new")
@requires(Permission.TICKETS_REPLY)
@audits(Action.CANNED_REPLY_SAVED)
def add_answer() -> ResponseReturnValue:
    form = _new_form()
    if form.validate_on_submit():
        with form.refusing():
            if there := form.led_to():
                return counted_once(there)
            made = create_answer(
                by=current_staff().actor,
                name=form.name.data or "",
                body=form.body.data or "",
                is_shared=form.wants_shared,
            )
            form.leads_to(url_for("support.answers"))
            db.session.commit()
            return _done(f"{made.name} is saved.")
    return _page(form, None, 422)


def _new_form() -> AnswerForm:
    return AnswerForm().offer(may_share=current_staff().actor.may(Permission.SUPPORT_MANAGE))


@bp.get("/support/answers/<int:answer_id>")
@requires(Permission.TICKETS_REPLY)
def answer(answer_id: int) -> Response:
    found = answer_or_404(current_staff().actor, answer_id)
    values = {"name": found.name, "body": found.body, "version": str(found.version)}
    return _page(AnswerForm(data=values).offer(may_share=False), found)


@bp.post("/support/answers/<int:answer_id>")
@requires(Permission.TICKETS_REPLY)
@audits(Action.CANNED_REPLY_SAVED)
def save_answer(answer_id: int) -> ResponseReturnValue:
    form, by = AnswerForm().offer(may_share=False), current_staff().actor
    answer_or_404(by, answer_id)
    if form.validate_on_submit():
        with form.refusing():
            saved = change_answer(
                by=by,
                answer_id=answer_id,
                name=form.name.data or "",
                body=form.body.data or "",
                version=form.expected_version(),
            )
            db.session.commit()
            return _done(f"{saved.name} is saved.")
    return _page(form, answer_or_404(by, answer_id), 422)


@bp.post("/support/answers/<int:answer_id>/archive")
@requires(Permission.TICKETS_REPLY)
@audits(Action.CANNED_REPLY_ARCHIVED)
def drop_answer(answer_id: int) -> ResponseReturnValue:
    gone = archive_answer(by=current_staff().actor, answer_id=answer_id)
    db.session.commit()
    return _done(f"{gone.name} is archived. What was sent with it stays.")


def _page(form: AnswerForm, found: CannedReply | None, status: int = 200) -> Response:
    is_theirs = found is None or found.owner_id is not None
    may_change = is_theirs or current_staff().actor.may(Permission.SUPPORT_MANAGE)
    return page(
        "support/answer.html", status=status, form=form, answer=found, may_change=may_change
    )


def _done(text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("support.answers"))


@bp.get("/support/tickets/<number>/answers")
@requires(Permission.TICKETS_REPLY)
def ticket_answers(number: str) -> Response:
    """Those that fit what was typed, filled in for this ticket."""
    found, search = found_ticket(number), _search()
    return page_or_fragment(
        "support/ticket_answers.html",
        "support/_answers.html",
        offered=offered(by=current_staff().actor, ticket=found, search=search),
        search=search,
        **head_context(found),
    )
