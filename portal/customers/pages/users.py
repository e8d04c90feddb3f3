"""One user of a tenant: everything known of them, and changing them."""

from typing import Any

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
from portal.customers.models import Tenant, User
from portal.customers.naming import masked, target_of_user
from portal.customers.pages.blueprint import bp
from portal.customers.panels import user_panels
from portal.customers.tenants import tenant_or_404
from portal.customers.unmasking import unmask, unmask_to_edit
from portal.customers.users import change_user, create_user, user_or_404
from portal.staff.current import current_staff
from portal.web.access import audits, requires
from portal.web.htmx import page, page_or_fragment, see_other, wants_fragment
from portal.web.times import reader_zone


@bp.get("/customers/users/<int:user_id>")
@requires(Permission.CUSTOMERS_VIEW)
def user(user_id: int) -> Response:
    found, tenant = user_and_tenant(user_id)
    address = masked(found.email)
    return page("customers/user.html", address=address, is_masked=True, **_around(found, tenant))


@bp.post("/customers/users/<int:user_id>/unmask")
@requires(Permission.CUSTOMERS_UNMASK)
@audits(Action.CUSTOMER_PII_UNMASKED)
def unmask_user(user_id: int) -> Response:
    """The address in the place of the masked one. Loading the page again masks it again."""
    found, tenant = user_and_tenant(user_id)
    address = unmask(by=current_staff().actor, user=found)
    db.session.commit()
    return page_or_fragment(
        "customers/user.html",
        "customers/_user_address.html",
        address=address,
        is_masked=False,
        **({"user": found} if wants_fragment() else _around(found, tenant)),
    )


def _around(user: User, tenant: Tenant) -> dict[str, Any]:
    """What the page of a user shows but for their address."""
    actor = current_staff().actor
    may_unmask = actor.may(Permission.CUSTOMERS_UNMASK)
    return {
        "user": user,
        "tenant": tenant,
        "colours": COLOURS,
        "history": history_of_user(user),
        "events": about(by=actor, zone=reader_zone(), target=target_of_user(user)),
        "reach": reach_of(actor),
        "panels": user_panels(user, tenant, actor),
        "may_unmask": may_unmask,
        "may_write": actor.may(Permission.CUSTOMERS_WRITE),
        "may_edit": may_unmask and actor.may(Permission.CUSTOMERS_WRITE),
        "may_privacy": actor.may(Permission.CUSTOMERS_PRIVACY),
        "may_tokens": actor.may(Permission.TOKENS_MANAGE),
    }


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
@audits(Action.CUSTOMER_PII_UNMASKED)
def edit_user(user_id: int) -> Response:
    """The form shows the address: opening it is recorded, once in five minutes."""
    found = user_or_404(user_id)
    address = unmask_to_edit(by=current_staff().actor, user=found)
    db.session.commit()
    seen = {"name": found.name, "email": address, "seen": _seen(found)}
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
    return page("customers/edit_user.html", status=422, user=found, form=form)


def _seen(user: User) -> str:
    return fingerprint(user.name, user.email)


def _done(user: User, text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("customers.user", user_id=user.id))
