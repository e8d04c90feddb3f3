"""One tenant: everything known of it, and changing it."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.audit.browsing import about
from portal.audit.scope import reach_of
from portal.core.database import db
from portal.core.permissions import Permission
from portal.core.staleness import fingerprint
from portal.customers.directory import COLOURS, Search, history_of_tenant, users
from portal.customers.forms import NewTenantForm, TenantForm
from portal.customers.models import Tenant
from portal.customers.pages.blueprint import bp
from portal.customers.panels import tenant_panels
from portal.customers.tenants import change_tenant, create_tenant, tenant_or_404
from portal.staff.current import current_staff
from portal.web.access import audits, requires
from portal.web.htmx import page, see_other
from portal.web.times import reader_zone

FEW_USERS = 10


@bp.get("/customers/tenants/<int:tenant_id>")
@requires(Permission.CUSTOMERS_VIEW)
def tenant(tenant_id: int) -> Response:
    actor, found = current_staff().actor, tenant_or_404(tenant_id)
    return page(
        "customers/tenant.html",
        tenant=found,
        colours=COLOURS,
        listing=users(Search(tenant_id=tenant_id), limit=FEW_USERS),
        history=history_of_tenant(found),
        events=about(by=actor, zone=reader_zone(), tenant_id=tenant_id),
        reach=reach_of(actor),
        panels=tenant_panels(found, actor),
        may_write=actor.may(Permission.CUSTOMERS_WRITE),
        may_suspend=actor.may(Permission.CUSTOMERS_SUSPEND),
    )


@bp.get("/customers/tenants/new")
@requires(Permission.CUSTOMERS_WRITE)
def new_tenant() -> Response:
    return page("customers/new_tenant.html", form=NewTenantForm())


@bp.post("/customers/tenants/new")
@requires(Permission.CUSTOMERS_WRITE)
@audits(Action.TENANT_CREATED)
def add_tenant() -> ResponseReturnValue:
    form = NewTenantForm()
    if form.validate_on_submit():
        with form.refusing():
            made = create_tenant(
                by=current_staff().actor,
                external_id=form.external_id.data or "",
                name=form.name.data or "",
                time_zone=form.time_zone.data or "",
            )
            db.session.commit()
            return _done(made, f"{made.name} is a tenant now.")
    return page("customers/new_tenant.html", status=422, form=form)


@bp.get("/customers/tenants/<int:tenant_id>/edit")
@requires(Permission.CUSTOMERS_WRITE)
def edit_tenant(tenant_id: int) -> Response:
    found = tenant_or_404(tenant_id)
    seen = {"name": found.name, "time_zone": found.time_zone, "seen": _seen(found)}
    return page("customers/edit_tenant.html", tenant=found, form=TenantForm(data=seen))


@bp.post("/customers/tenants/<int:tenant_id>/edit")
@requires(Permission.CUSTOMERS_WRITE)
@audits(Action.TENANT_CHANGED)
def save_tenant(tenant_id: int) -> ResponseReturnValue:
    form, found = TenantForm(), tenant_or_404(tenant_id)
    if form.validate_on_submit():
        with form.refusing():
            change_tenant(
                by=current_staff().actor,
                tenant=found,
                name=form.name.data or "",
                time_zone=form.time_zone.data or "",
                seen=form.seen.data or "",
            )
            db.session.commit()
            return _done(found, f"{found.name} is saved.")
    return page("customers/edit_tenant.html", status=422, tenant=found, form=form)


def _seen(tenant: Tenant) -> str:
    return fingerprint(tenant.name, tenant.time_zone)


def _done(tenant: Tenant, text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("customers.tenant", tenant_id=tenant.id))
