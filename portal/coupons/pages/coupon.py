"""One coupon: what it says, whom it is for, who used it, and what became of it."""

from flask import Response, request, url_for

from portal.audit.actions import Action
from portal.audit.browsing import about, last_reason
from portal.audit.ledger import Target
from portal.audit.scope import reach_about_money
from portal.catalog.revisions import catalog_now
from portal.core import clock
from portal.core.permissions import Permission
from portal.coupons.approvals import may_decide
from portal.coupons.coupons import coupon_or_404, mark_of, target_of
from portal.coupons.deciding_forms import ApprovalForm
from portal.coupons.limits import beyond
from portal.coupons.listing import tenants_of
from portal.coupons.models import Coupon, CouponStatus
from portal.coupons.pages.blueprint import bp
from portal.coupons.standing import standing_of
from portal.coupons.terms import terms_of
from portal.coupons.uses import UsesSearch, uses_found
from portal.coupons.words import terms_in_words
from portal.staff.current import current_staff
from portal.web.access import requires
from portal.web.htmx import page
from portal.web.times import reader_zone

FEW_TENANTS = 10
MOST_TENANTS = 1_000
FEW_USES = 20
STOPPED_BY = {
    ("coupon", CouponStatus.REJECTED.value): Action.COUPON_REJECTED,
    ("coupon", CouponStatus.DISABLED.value): Action.COUPON_DISABLED,
    ("coupon_batch", CouponStatus.REJECTED.value): Action.COUPON_BATCH_REJECTED,
    ("coupon_batch", CouponStatus.DISABLED.value): Action.COUPON_BATCH_DISABLED,
}


@bp.get("/coupons/<int:coupon_id>")
@requires(Permission.COUPONS_VIEW)
def coupon(coupon_id: int) -> Response:
    return coupon_page(coupon_or_404(coupon_id, locked=False))


def coupon_page(row: Coupon, form: ApprovalForm | None = None) -> Response:
    """With a form that was refused: what was typed, and why."""
    actor, terms, now = current_staff().actor, terms_of(row), clock.now()
    shows_all = request.args.get("tenants") == "all"
    most = MOST_TENANTS if shows_all else FEW_TENANTS
    tenants = [] if row.is_public else tenants_of(row, most=most + 1)
    search = UsesSearch(coupon=row.code, coupon_id=row.id)
    listing = uses_found(search, cursor=request.args.get("cursor"), limit=FEW_USES)
    is_waiting = row.status == CouponStatus.AWAITING_APPROVAL
    return page(
        "coupons/coupon.html",
        status=422 if form else 200,
        coupon=row,
        terms=terms_in_words(terms, plan_labels()),
        standing=standing_of(row, now),
        why=why_stopped(target_of(row), row.status),
        passed=beyond(terms, row.created_at) if is_waiting else [],
        form=form or ApprovalForm(data={"seen": mark_of(row)}),
        may_decide=may_decide(actor, row),
        is_own_request=is_waiting and row.requested_by == actor.id,
        tenants=tenants[:most],
        all_tenants_url=_all_tenants(row) if len(tenants) > most else None,
        listing=listing.at("coupons.coupon"),
        search=search,
        events=about(by=actor, zone=reader_zone(), target=target_of(row)),
        reach=reach_about_money(actor),
        may_manage=actor.may(Permission.COUPONS_MANAGE),
    )


def why_stopped(target: Target, status: str) -> str | None:
    """Why nobody can use a coupon, or a batch: whoever asked may not see the deed in the log."""
    deed = STOPPED_BY.get((target.type, status))
    return last_reason(deed, target) if deed else None


def _all_tenants(row: Coupon) -> str:
    return url_for("coupons.coupon", coupon_id=row.id, tenants="all")


def plan_labels() -> dict[str, str]:
    """What people call each plan, archived ones too."""
    return {plan.name: plan.display_name or plan.name for plan in catalog_now().plans.values()}
