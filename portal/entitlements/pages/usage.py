"""What a tenant uses: its limits and how full they are, curves over time, and adjusting quotas."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.catalog.revisions import catalog_now
from portal.catalog.snapshot import Catalog
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.permissions import Permission
from portal.customers.models import Tenant, User
from portal.customers.named import user_named
from portal.customers.tenants import tenant_or_404
from portal.entitlements.answers import Answer
from portal.entitlements.checks import get_tenant_features
from portal.entitlements.counters import SEATS
from portal.entitlements.over_limit import limits_now, over_limit
from portal.entitlements.pages.blueprint import bp
from portal.entitlements.topups import reset_quota, top_up
from portal.entitlements.usage_forms import QuotaForm, ResetForm, TopUpForm
from portal.entitlements.usage_reports import Step, features_used, usage_report
from portal.entitlements.withdrawing import top_ups_of
from portal.staff.current import current_staff
from portal.web.access import audits, requires
from portal.web.htmx import page, page_or_fragment, see_other
from portal.web.once_forms import counted_once

SPANS = {
    Step.HOUR: timedelta(days=2),
    Step.DAY: timedelta(days=30),
    Step.MONTH: timedelta(days=365),
}
SHAPES = {Step.HOUR: "%d %b, %H:%M", Step.DAY: "%d %b", Step.MONTH: "%b %Y"}
STEPS = [(Step.HOUR, "Hours"), (Step.DAY, "Days"), (Step.MONTH, "Months")]


@dataclass(frozen=True, slots=True)
class Limit:
    """One line: how full a limit is."""

    name: str
    label: str
    used: int
    limit: int
    resets_at: datetime | None

    @property
    def share(self) -> int:
        return min(100, 100 * self.used // self.limit) if self.limit else 100

    @property
    def is_over(self) -> bool:
        return self.used > self.limit


@bp.app_template_filter()
def amount(number: Decimal) -> str:
    """With separators, and without zeros that say nothing."""
    return f"{number:,.6f}".rstrip("0").rstrip(".")


@bp.get("/entitlements/usage")
@requires(Permission.ENTITLEMENTS_VIEW)
def usage() -> Response:
    listing = over_limit(cursor=request.args.get("cursor"))
    return page_or_fragment(
        "entitlements/usage.html",
        "entitlements/_over_limit.html",
        listing=listing,
        limits=limits_now(listing.items),
        labels=feature_labels(),
    )


@bp.get("/entitlements/tenants/<int:tenant_id>/usage")
@requires(Permission.ENTITLEMENTS_VIEW)
def tenant_usage(tenant_id: int) -> Response:
    return _page(tenant_or_404(tenant_id))


@bp.post("/entitlements/tenants/<int:tenant_id>/top-up")
@requires(Permission.QUOTAS_ADJUST)
@audits(Action.QUOTA_TOPPED_UP)
def top_up_quota(tenant_id: int) -> ResponseReturnValue:
    tenant, form = tenant_or_404(tenant_id), TopUpForm(prefix="top_up-")
    form.offer(_choices(tenant))
    if form.validate_on_submit():
        with form.refusing():
            if there := form.led_to():
                return counted_once(there)
            top_up(
                by=_actor(),
                tenant=tenant,
                user=_user_of(tenant, form),
                feature_name=form.feature_name.data,
                amount=form.amount.data or 0,
                expires_at=form.expires_at.data,
                reason=form.reason.data,
            )
            form.leads_to(url_for("entitlements.tenant_usage", tenant_id=tenant.id))
            db.session.commit()
            given = f"{form.amount.data:,} more of {form.feature_name.data}"
            return _done(tenant, f"{given} can be used.")
    return _page(tenant_or_404(tenant_id), status=422, top_up_form=form)


@bp.post("/entitlements/tenants/<int:tenant_id>/reset-quota")
@requires(Permission.QUOTAS_ADJUST)
@audits(Action.QUOTA_RESET)
def set_back(tenant_id: int) -> ResponseReturnValue:
    tenant, form = tenant_or_404(tenant_id), ResetForm(prefix="reset-")
    form.offer(_choices(tenant))
    if form.validate_on_submit():
        with form.refusing():
            used = reset_quota(
                by=_actor(),
                tenant=tenant,
                user=_user_of(tenant, form),
                feature_name=form.feature_name.data,
                reason=form.reason.data,
            )
            db.session.commit()
            return _done(tenant, f"{form.feature_name.data} is set back; {used:,} had been used.")
    return _page(tenant_or_404(tenant_id), status=422, reset_form=form)


def _actor() -> Actor:
    return current_staff().actor


def _done(tenant: Tenant, text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("entitlements.tenant_usage", tenant_id=tenant.id))


def _user_of(tenant: Tenant, form: QuotaForm) -> User | None:
    if not form.user_id.data:
        return None
    return user_named(form.user_id.data, field="user_id", tenant_id=tenant.id)


def _choices(tenant: Tenant) -> list[tuple[str, str]]:
    return _choices_of(get_tenant_features(tenant_id=tenant.id))


def _choices_of(answers: Iterable[Answer]) -> list[tuple[str, str]]:
    """Features of which there can be more or less; seats are counted, not consumed."""
    found = [each for each in answers if each.decision.allowed and each.feature_name != SEATS]
    return [(each.feature_name, _label(each.standing.catalog, each.feature_name)) for each in found]


def feature_labels() -> dict[str, str]:
    """What people call each feature, archived ones too."""
    catalog = catalog_now()
    return {name: _label(catalog, name) for name in catalog.features}


def _label(catalog: Catalog, name: str) -> str:
    feature = catalog.features.get(name)
    return (feature.display_name if feature else "") or name


def limits_of(answers: Iterable[Answer]) -> list[Limit]:
    """What has an end, the fullest first."""
    found = [
        Limit(
            each.feature_name,
            _label(each.standing.catalog, each.feature_name),
            each.limit.used + each.limit.reserved,
            each.limit.limit,
            each.limit.resets_at,
        )
        for each in answers
        if each.limit is not None and not each.limit.is_unlimited
    ]
    return sorted(found, key=lambda line: (-line.share, line.label))


def _page(
    tenant: Tenant,
    *,
    status: int = 200,
    top_up_form: TopUpForm | None = None,
    reset_form: ResetForm | None = None,
) -> Response:
    answers = get_tenant_features(tenant_id=tenant.id)
    forms = (
        top_up_form or TopUpForm(None, prefix="top_up-"),
        reset_form or ResetForm(None, prefix="reset-"),
    )
    for form in forms:
        form.offer(_choices_of(answers))
    return page(
        "entitlements/tenant_usage.html",
        status=status,
        tenant=tenant,
        limits=limits_of(answers),
        top_ups=top_ups_of(tenant.id),
        chart=_chart(tenant, answers),
        forms=forms,
        may_adjust=_actor().may(Permission.QUOTAS_ADJUST),
        tenant_url=url_for("customers.tenant", tenant_id=tenant.id),
    )


@dataclass(frozen=True, slots=True)
class Chart:
    """One feature over time, and what else can be shown."""

    feature_name: str
    label: str
    step: Step
    features: list[tuple[str, str]]
    points: list[tuple[str, int, Decimal]]

    @property
    def steps(self) -> list[tuple[Step, str]]:
        return STEPS

    @property
    def total(self) -> Decimal:
        return sum((value for _, _, value in self.points), Decimal(0))


def _chart(tenant: Tenant, answers: list[Answer]) -> Chart | None:
    """None: the tenant has used nothing that was reported, for a year."""
    now = clock.now()
    used = features_used(tenant.id, now - SPANS[Step.MONTH])
    if not used:
        return None
    wanted = request.args.get("feature_name", "")
    name = wanted if wanted in used else used[0]
    step = _step(request.args.get("interval", ""))
    catalog = answers[0].standing.catalog if answers else None
    labels = [(each, _label(catalog, each) if catalog else each) for each in used]
    found = usage_report(
        tenant_id=tenant.id, feature_name=name, step=step, since=now - SPANS[step], until=now
    )
    points = [(f"{point.start:{SHAPES[step]}}", point.events, point.total) for point in found]
    return Chart(name, dict(labels)[name], step, labels, points)


def _step(text: str) -> Step:
    return Step(text) if text in list(Step) else Step.DAY
