"""One user of a tenant: everything known of them, and changing them."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.audit.browsing import about
from portal.audit.scope import reach_of
from portal.core.database import db
from portal.core.permissions import Permission
from portal.core.staleness import fingerprint
from portal.customers.directory import COLOURS, history_of_user, user_and_tenant
from portal.customers.forms import NewUserForm, UserForm
from portal.customers.models import User
from portal.customers.naming import target_of_user
from portal.customers.pages.blueprint import bp
from portal.customers.panels import user_panels
from portal.customers.tenants import tenant_or_404
from portal.customers.users import change_user, create_user, user_or_404
from portal.staff.current import current_staff
from portal.web.access import audits, requires
from portal.web.htmx import page, see_other
from portal.web.times import reader_zone


@bp.get("/customers/users/<int:user_id>")
@requires(Permission.CUSTOMERS_VIEW)
def user(user_id: int) -> Response:
    actor = current_staff().actor
    found, tenant = user_and_tenant(user_id)
    return page(
        "customers/user.html",
        user=found,
        tenant=tenant,
        colours=COLOURS,
        history=history_of_user(found),
        events=about(by=actor, zone=reader_zone(), target=target_of_user(found)),
        reach=reach_of(actor),
        panels=user_panels(found, tenant, actor),
        may_write=actor.may(Permission.CUSTOMERS_WRITE),
        may_privacy=actor.may(Permission.CUSTOMERS_PRIVACY),
        may_tokens=actor.may(Permission.TOKENS_MANAGE),
    )


@bp.get("/customers/tenants/<int:tenant_id>/users/new")
@requires(Permission.CUSTOMERS_WRITE)
def new_user(tenant_id: int) -> Response:
    tenant = tenant_or_404(tenant_id)
    return page("customers/new_user.html", tenant=tenant, form=NewUserForm())


@bp.post("/customers/tenants/<int:tenant_id>/users/new")
@requires(Permission.CUSTOMERS_WRITE)
@audits(Action.USER_CREATED)
def add_user(tenant_id: int) -> ResponseReturnValue:
    form, tenant = NewUserForm(), tenant_or_404(tenant_id)
    if form.validate_on_submit():
        with form.refusing():
            made = create_user(
                by=current_staff().actor,
                tenant=tenant,
                external_id=form.external_id.data or "",
                name=form.name.data or "",
                email=form.email.data or "",
            )
            db.session.commit()
            return _done(made, f"{made.name} is a user of {tenant.name} now.")
    return page("customers/new_user.html", status=422, tenant=tenant, form=form)


@bp.get("/customers/users/<int:user_id>/edit")
@requires(Permission.CUSTOMERS_WRITE)
def edit_user(user_id: int) -> Response:
    found = user_or_404(user_id)
    seen = {"name": found.name, "email": found.email, "seen": _seen(found)}
    return page("customers/edit_user.html", user=found, form=UserForm(data=seen))


@bp.post("/customers/users/<int:user_id>/edit")
@requires(Permission.CUSTOMERS_WRITE)
@audits(Action.USER_CHANGED)
def save_user(user_id: int) -> ResponseReturnValue:
    form, found = UserForm(), user_or_404(user_id)
    if form.validate_on_submit():
        with form.refusing():
            change_user(
                by=current_staff().actor,
                user=found,
                name=form.name.data or "",
                email=form.email.data or "",
                seen=form.seen.data or "",
            )
            db.session.commit()
            return _done(found, f"{found.name} is saved.")
    form.seen.data = _seen(found)
    return page("customers/edit_user.html", status=422, user=found, form=form)


def _seen(user: User) -> str:
    return fingerprint(user.name, user.email)


def _done(user: User, text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("customers.user", user_id=user.id))
