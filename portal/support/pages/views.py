"""Saved views: filters under a name."""

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.models import SavedView
from portal.support.pages.blueprint import bp
from portal.support.view_forms import ViewForm
from portal.support.views import (
    SAVED,
    change_view,
    move_view,
    remove_view,
    save_view,
    view_to_change,
    visible_views,
)
from portal.web.access import audits, requires
from portal.web.htmx import page, see_other

PLACES = {"up": -1, "down": 1}


@bp.get("/support/views")
@requires(Permission.TICKETS_VIEW)
def views() -> Response:
    actor = current_staff().actor
    found = visible_views(actor)
    lists = {
        "Yours": [view for view in found if view.owner_id is not None],
        "Everybody’s": [view for view in found if view.owner_id is None],
    }
    may_share = actor.may(Permission.SUPPORT_MANAGE)
    return page("support/views.html", lists=lists, prefix=SAVED, may_share=may_share)


@bp.get("/support/views/new")
@requires(Permission.TICKETS_VIEW)
def new_view() -> Response:
    return _page(_form(request.args.get("q", "")), None)


@bp.post("/support/views/new")
@requires(Permission.TICKETS_VIEW)
@audits(Action.SAVED_VIEW_SAVED)
def add_view() -> ResponseReturnValue:
    form = _form()
    if form.validate_on_submit():
        with form.refusing():
            made = save_view(
                by=current_staff().actor,
                name=form.name.data or "",
                query=form.q.data or "",
                is_shared=form.wants_shared,
            )
            db.session.commit()
            return _done(f"{made.name} stands among the queues now.", _queue_of(made))
    return _page(form, None, 422)


@bp.get("/support/views/<int:view_id>")
@requires(Permission.TICKETS_VIEW)
def edit_view(view_id: int) -> Response:
    found = view_to_change(current_staff().actor, view_id)
    form = ViewForm(data={"name": found.name, "q": found.query}).offer(may_share=False)
    return _page(form, found)


@bp.post("/support/views/<int:view_id>")
@requires(Permission.TICKETS_VIEW)
@audits(Action.SAVED_VIEW_SAVED)
def keep_view(view_id: int) -> ResponseReturnValue:
    actor = current_staff().actor
    found = view_to_change(actor, view_id, lock=True)
    form = ViewForm().offer(may_share=False)
    if form.validate_on_submit():
        with form.refusing():
            change_view(by=actor, view=found, name=form.name.data or "", query=form.q.data or "")
            db.session.commit()
            return _done(f"{found.name} is saved.", _list())
    return _page(form, view_to_change(actor, view_id), 422)


@bp.post("/support/views/<int:view_id>/move")
@requires(Permission.TICKETS_VIEW)
@audits(Action.SAVED_VIEW_SAVED)
def reorder_view(view_id: int) -> ResponseReturnValue:
    places = PLACES.get(request.form.get("direction", ""))
    if places is None:
        raise BadRequest("Say whether it moves up or down.")
    actor = current_staff().actor
    move_view(by=actor, view=view_to_change(actor, view_id, lock=True), places=places)
    db.session.commit()
    return see_other(_list())


@bp.post("/support/views/<int:view_id>/remove")
@requires(Permission.TICKETS_VIEW)
@audits(Action.SAVED_VIEW_REMOVED)
def drop_view(view_id: int) -> ResponseReturnValue:
    actor = current_staff().actor
    found = view_to_change(actor, view_id, lock=True)
    name = found.name
    remove_view(by=actor, view=found)
    db.session.commit()
    return _done(f"{name} is removed. Its tickets stay as they are.", _list())


def _form(query: str | None = None) -> ViewForm:
    may_share = current_staff().actor.may(Permission.SUPPORT_MANAGE)
    form = ViewForm() if query is None else ViewForm(data={"q": query})
    return form.offer(may_share=may_share)


def _page(form: ViewForm, view: SavedView | None, status: int = 200) -> Response:
    return page("support/view.html", status=status, form=form, view=view)


def _done(text: str, url: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url)


def _list() -> str:
    return url_for("support.views")


def _queue_of(view: SavedView) -> str:
    return url_for("support.queue", view=f"{SAVED}{view.id}")
