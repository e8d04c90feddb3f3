"""Saved views of the log."""

from urllib.parse import parse_qsl, urlencode

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.audit.filters import Filters
from portal.audit.logs import LABELS
from portal.audit.models import AuditView
from portal.audit.pages.addresses import Chip, chips_of
from portal.audit.pages.blueprint import bp
from portal.audit.view_forms import NameForm, ViewForm
from portal.audit.views import remove_view, rename_view, save_view, view_or_404, visible_views
from portal.core.database import db
from portal.core.permissions import Permission
from portal.web.access import acting, audits, requires
from portal.web.htmx import page, see_other


@bp.get("/audit/views")
@requires(Permission.AUDIT_OWN)
def views() -> Response:
    found = [(view, _chips(view.query)) for view in visible_views(acting())]
    lists = {"Yours": [one for one in found if one[0].owner_id is not None]}
    if _may_share():
        lists["Shared"] = [one for one in found if one[0].owner_id is None]
    return page("audit/views.html", lists=lists)


@bp.get("/audit/views/new")
@requires(Permission.AUDIT_OWN)
def new_view() -> Response:
    query = urlencode(Filters.of(request.args).given)
    return _new_page(ViewForm(data={"query": query}).offer(may_share=_may_share()))


@bp.post("/audit/views/new")
@requires(Permission.AUDIT_OWN)
@audits(Action.AUDIT_VIEW_SAVED)
def add_view() -> ResponseReturnValue:
    form = ViewForm().offer(may_share=_may_share())
    if form.validate_on_submit():
        with form.refusing():
            made = save_view(
                by=acting(),
                name=form.name.data or "",
                query=form.query.data or "",
                is_shared=form.wants_shared,
            )
            db.session.commit()
            flash(f"{made.name} is saved.", "success")
            return see_other(f"{url_for('audit.browse')}?{made.query}")
    return _new_page(form, 422)


@bp.get("/audit/views/<int:view_id>")
@requires(Permission.AUDIT_OWN)
def edit_view(view_id: int) -> Response:
    found = view_or_404(by=acting(), view_id=view_id)
    return _edit_page(found, NameForm(data={"name": found.name}))


@bp.post("/audit/views/<int:view_id>")
@requires(Permission.AUDIT_OWN)
@audits(Action.AUDIT_VIEW_SAVED)
def keep_view(view_id: int) -> ResponseReturnValue:
    form, found = NameForm(), view_or_404(by=acting(), view_id=view_id, lock=True)
    if form.validate_on_submit():
        with form.refusing():
            rename_view(by=acting(), view=found, name=form.name.data or "")
            db.session.commit()
            return _done(f"{found.name} is saved.")
    return _edit_page(view_or_404(by=acting(), view_id=view_id), form, 422)


@bp.post("/audit/views/<int:view_id>/remove")
@requires(Permission.AUDIT_OWN)
@audits(Action.AUDIT_VIEW_REMOVED)
def drop_view(view_id: int) -> ResponseReturnValue:
    found = view_or_404(by=acting(), view_id=view_id, lock=True)
    name = found.name
    remove_view(by=acting(), view=found)
    db.session.commit()
    return _done(f"{name} is removed. The log stays as it is.")


def _may_share() -> bool:
    return acting().may(Permission.AUDIT_ALL)


def _chips(query: str) -> list[Chip]:
    filters = Filters.of(dict(parse_qsl(query)))
    log = [Chip("Log", LABELS[filters.log], "")] if filters.log in LABELS else []
    return [*log, *chips_of(filters)]


def _new_page(form: ViewForm, status: int = 200) -> Response:
    query = form.query.data or ""
    return page(
        "audit/view.html", status=status, form=form, view=None, query=query, chips=_chips(query)
    )


def _edit_page(view: AuditView, form: NameForm, status: int = 200) -> Response:
    query = view.query
    return page(
        "audit/view.html", status=status, form=form, view=view, query=query, chips=_chips(query)
    )


def _done(text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("audit.views"))
