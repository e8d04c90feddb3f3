"""Granting to a user or a tenant: the form, what it would do, and doing it."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.catalog.revisions import catalog_now
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.permissions import Permission
from portal.customers.models import Tenant, User
from portal.customers.tenants import tenant_or_404
from portal.customers.users import user_or_404
from portal.entitlements.forms import TermsForm
from portal.entitlements.grants import (
    Granted,
    grant_tenant_feature,
    grant_user_feature,
    preview_grant,
)
from portal.entitlements.pages.blueprint import bp
from portal.entitlements.previews import preview_of
from portal.entitlements.terms import BRIEFLY, may_only_grant_briefly
from portal.staff.current import current_staff
from portal.web.access import audits, requires, unaudited
from portal.web.htmx import page, page_or_fragment, see_other
from portal.web.moments import as_local

GRANTED = (Action.ENTITLEMENT_GRANTED, Action.ENTITLEMENT_DISABLED, Action.ENTITLEMENT_DENIED)
NOTHING_KEPT = "it shows what a grant would do; nothing of it is kept"
LASTING = (1, 7, 14, 30, 90)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom the form is about, and its addresses."""

    label: str
    kind: str
    url: str
    grant_url: str
    preview_url: str


@bp.get("/entitlements/users/<int:user_id>/grant")
@requires(Permission.ENTITLEMENTS_GRANT_BRIEFLY)
def grant_user(user_id: int) -> Response:
    return _form_page(_to_user(user_or_404(user_id)), _form())


@bp.post("/entitlements/users/<int:user_id>/grant")
@requires(Permission.ENTITLEMENTS_GRANT_BRIEFLY)
@audits(*GRANTED)
def grant_to_user(user_id: int) -> ResponseReturnValue:
    user, form = user_or_404(user_id), _form()
    if form.validate_on_submit():
        with form.refusing():
            granted = grant_user_feature(
                by=_actor(), user=user, feature_name=form.feature_name.data, **form.terms()
            )
            db.session.commit()
            flash(_done(granted), "success")
            return see_other(url_for("customers.user", user_id=user.id))
    return _form_page(_to_user(user), form, 422)


@bp.post("/entitlements/users/<int:user_id>/preview-grant")
@requires(Permission.ENTITLEMENTS_GRANT_BRIEFLY)
@unaudited(NOTHING_KEPT)
def preview_user_grant(user_id: int) -> Response:
    user = user_or_404(user_id)
    return _preview_page(_to_user(user), user=user)


@bp.get("/entitlements/tenants/<int:tenant_id>/grant")
@requires(Permission.ENTITLEMENTS_GRANT_TENANT)
def grant_tenant(tenant_id: int) -> Response:
    return _form_page(_to_tenant(tenant_or_404(tenant_id)), _form())


@bp.post("/entitlements/tenants/<int:tenant_id>/grant")
@requires(Permission.ENTITLEMENTS_GRANT_TENANT)
@audits(*GRANTED)
def grant_to_tenant(tenant_id: int) -> ResponseReturnValue:
    tenant, form = tenant_or_404(tenant_id), _form()
    if form.validate_on_submit():
        with form.refusing():
            granted = grant_tenant_feature(
                by=_actor(), tenant=tenant, feature_name=form.feature_name.data, **form.terms()
            )
            db.session.commit()
            flash(_done(granted), "success")
            return see_other(url_for("customers.tenant", tenant_id=tenant.id))
    return _form_page(_to_tenant(tenant), form, 422)


@bp.post("/entitlements/tenants/<int:tenant_id>/preview-grant")
@requires(Permission.ENTITLEMENTS_GRANT_TENANT)
@unaudited(NOTHING_KEPT)
def preview_tenant_grant(tenant_id: int) -> Response:
    tenant = tenant_or_404(tenant_id)
    return _preview_page(_to_tenant(tenant), tenant=tenant)


def _actor() -> Actor:
    return current_staff().actor


def _form() -> TermsForm:
    """Empty, it asks for the feature named in the address and, of an agent, for two weeks."""
    brief = may_only_grant_briefly(_actor())
    given = {"feature_name": request.args.get("feature_name", "")}
    form = TermsForm(data={**given, **({"expires_at": clock.now() + BRIEFLY} if brief else {})})
    may_deny = _actor().may(Permission.ENTITLEMENTS_DENY)
    form.offer(catalog_now(), only_brief=brief, may_deny=may_deny)
    return form


def _to_user(user: User) -> Receiver:
    return Receiver(
        label=user.name,
        kind="user",
        url=url_for("customers.user", user_id=user.id),
        grant_url=url_for("entitlements.grant_to_user", user_id=user.id),
        preview_url=url_for("entitlements.preview_user_grant", user_id=user.id),
    )


def _to_tenant(tenant: Tenant) -> Receiver:
    return Receiver(
        label=tenant.name,
        kind="tenant",
        url=url_for("customers.tenant", tenant_id=tenant.id),
        grant_url=url_for("entitlements.grant_to_tenant", tenant_id=tenant.id),
        preview_url=url_for("entitlements.preview_tenant_grant", tenant_id=tenant.id),
    )


def _form_page(receiver: Receiver, form: TermsForm, status: int = 200) -> Response:
    return page(
        "entitlements/grant.html",
        status=status,
        receiver=receiver,
        form=form,
        picks=picks(),
        preview=None,
    )


def _preview_page(
    receiver: Receiver, *, user: User | None = None, tenant: Tenant | None = None
) -> Response:
    """The same page with the result; for htmx the result alone, without what is still missing."""
    form, granted = _form(), None
    form.reason.validators = ()  # may be written last
    if form.validate_on_submit():
        with form.refusing():
            granted = preview_grant(
                by=_actor(),
                user=user,
                tenant=tenant,
                feature_name=form.feature_name.data,
                **form.terms(),
            )
    return page_or_fragment(
        "entitlements/grant.html",
        "entitlements/_grant_preview.html",
        status=200 if granted else 422,
        receiver=receiver,
        form=form,
        picks=picks(),
        preview=preview_of(granted) if granted else None,
    )


def picks() -> list[tuple[str, str]]:
    """Ends that are often wanted, for one click."""
    now, most = clock.now(), BRIEFLY.days if may_only_grant_briefly(_actor()) else max(LASTING)
    days = [count for count in LASTING if count <= most]
    return [
        (f"{count} days" if count > 1 else "1 day", as_local(now + timedelta(days=count)))
        for count in days
    ]


def _done(granted: Granted) -> str:
    feature = granted.after.standing.catalog.features[granted.row.feature_name]
    name = feature.display_name or feature.name
    verb = {"enable": "granted", "disable": "blocked"}.get(granted.row.effect, "denied")
    warning = " ".join(granted.warnings)
    return f"{name} is {verb}. {warning}".strip()
