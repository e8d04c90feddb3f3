"""Shutting a tenant or user out and letting them in again: always with a reason."""

from typing import NamedTuple

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.customers.forms import ReasonForm
from portal.customers.pages.blueprint import bp
from portal.customers.tenants import close_tenant, reopen_tenant, suspend_tenant, tenant_or_404
from portal.customers.users import deactivate_user, reactivate_user, user_or_404
from portal.staff.current import current_staff
from portal.web.access import audits, requires, sudo
from portal.web.htmx import page, see_other


class Move(NamedTuple):
    """How a page asks before it does something, and what it says after."""

    verb: str
    effect: str
    done: str
    kind: str = "danger"


SUSPEND = Move("Suspend", "None of its users gets anything until it is reopened.", "suspended")
CLOSE = Move(
    "Close",
    "None of its users gets anything, and no new ones are taken, until it is reopened.",
    "closed",
)
REOPEN = Move(
    "Reopen", "Its active users get what its plan gives at once.", "open again", "primary"
)
DEACTIVATE = Move(
    "Deactivate", "They get nothing until they are reactivated, and their seat is free.", "inactive"
)
REACTIVATE = Move(
    "Reactivate", "They get what their tenant gets at once.", "active again", "primary"
)


@bp.route("/customers/tenants/<int:tenant_id>/suspend", methods=["GET", "POST"])
@requires(Permission.CUSTOMERS_SUSPEND)
@sudo
@audits(Action.TENANT_SUSPENDED)
def suspend(tenant_id: int) -> ResponseReturnValue:
    form, tenant = ReasonForm(), tenant_or_404(tenant_id)
    if not form.validate_on_submit():
        return _ask(SUSPEND, tenant.name, _tenant_url(tenant_id), form)
    suspend_tenant(by=current_staff().actor, tenant=tenant, reason=form.reason.data)
    db.session.commit()
    return _done(SUSPEND, tenant.name, _tenant_url(tenant_id))


@bp.route("/customers/tenants/<int:tenant_id>/close", methods=["GET", "POST"])
@requires(Permission.CUSTOMERS_SUSPEND)
@sudo
@audits(Action.TENANT_CLOSED)
def close(tenant_id: int) -> ResponseReturnValue:
    form, tenant = ReasonForm(), tenant_or_404(tenant_id)
    if not form.validate_on_submit():
        return _ask(CLOSE, tenant.name, _tenant_url(tenant_id), form)
    close_tenant(by=current_staff().actor, tenant=tenant, reason=form.reason.data)
    db.session.commit()
    return _done(CLOSE, tenant.name, _tenant_url(tenant_id))


@bp.route("/customers/tenants/<int:tenant_id>/reopen", methods=["GET", "POST"])
@requires(Permission.CUSTOMERS_SUSPEND)
@audits(Action.TENANT_REOPENED)
def reopen(tenant_id: int) -> ResponseReturnValue:
    form, tenant = ReasonForm(), tenant_or_404(tenant_id)
    if not form.validate_on_submit():
        return _ask(REOPEN, tenant.name, _tenant_url(tenant_id), form)
    reopen_tenant(by=current_staff().actor, tenant=tenant, reason=form.reason.data)
    db.session.commit()
    return _done(REOPEN, tenant.name, _tenant_url(tenant_id))


@bp.route("/customers/users/<int:user_id>/deactivate", methods=["GET", "POST"])
@requires(Permission.CUSTOMERS_WRITE)
@audits(Action.USER_DEACTIVATED)
def deactivate(user_id: int) -> ResponseReturnValue:
    form, user = ReasonForm(), user_or_404(user_id)
    if not form.validate_on_submit():
        return _ask(DEACTIVATE, user.name, _user_url(user_id), form)
    deactivate_user(by=current_staff().actor, user=user, reason=form.reason.data)
    db.session.commit()
    return _done(DEACTIVATE, user.name, _user_url(user_id))


@bp.route("/customers/users/<int:user_id>/reactivate", methods=["GET", "POST"])
@requires(Permission.CUSTOMERS_WRITE)
@audits(Action.USER_REACTIVATED)
def reactivate(user_id: int) -> ResponseReturnValue:
    form, user = ReasonForm(), user_or_404(user_id)
    if not form.validate_on_submit():
        return _ask(REACTIVATE, user.name, _user_url(user_id), form)
    reactivate_user(by=current_staff().actor, user=user, reason=form.reason.data)
    db.session.commit()
    return _done(REACTIVATE, user.name, _user_url(user_id))


def _ask(move: Move, name: str, back: str, form: ReasonForm) -> Response:
    status = 422 if form.errors else 200
    return page("customers/move.html", status=status, move=move, name=name, back=back, form=form)


def _done(move: Move, name: str, url: str) -> ResponseReturnValue:
    flash(f"{name} is {move.done}.", "success")
    return see_other(url)


def _tenant_url(tenant_id: int) -> str:
    return url_for("customers.tenant", tenant_id=tenant_id)


def _user_url(user_id: int) -> str:
    return url_for("customers.user", user_id=user_id)
