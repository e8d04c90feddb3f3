"""Many codes at once: made, looked at, handed out, decided on and disabled."""

from dataclasses import replace

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.audit.browsing import about
from portal.audit.scope import reach_about_money
from portal.core import clock
from portal.core.database import db
from portal.core.permissions import Permission
from portal.coupons.batch_codes import (
    batches_found,
    codes_csv,
    codes_page,
    note_codes_csv,
    standing_of_batch,
    uses_of,
)
from portal.coupons.batch_forms import BatchForm
from portal.coupons.batches import (
    batch_or_404,
    batches_waiting_for,
    create_batch,
    may_decide_batch,
    name_of,
    target_of_batch,
    terms_of_batch,
)
from portal.coupons.deciding_forms import ApprovalForm
from portal.coupons.forms import values_of
from portal.coupons.limits import beyond
from portal.coupons.listing import tenants_of_batch
from portal.coupons.models import CouponBatch, CouponStatus
from portal.coupons.pages.blueprint import bp
from portal.coupons.pages.coupon import FEW_TENANTS, MOST_TENANTS, plan_labels, why_stopped
from portal.coupons.pages.editing import (
    asks_approval,
    limits_in_words,
    offered_form,
    picks,
    terms_to_begin_with,
)
from portal.coupons.words import terms_in_words, usable_text
from portal.staff.current import current_staff
from portal.web.access import audits, requires
from portal.web.csv import MEDIA_TYPE
from portal.web.downloads import streamed
from portal.web.htmx import page, see_other
from portal.web.times import reader_zone

ONE_USE_EACH = 1


@bp.get("/coupons/batches")
@requires(Permission.COUPONS_VIEW)
def batches() -> Response:
    actor = current_staff().actor
    return page(
        "coupons/batches.html",
        listing=batches_found(cursor=request.args.get("cursor")),
        waiting=batches_waiting_for(actor),
        may_manage=actor.may(Permission.COUPONS_MANAGE),
    )


@bp.route("/coupons/batches/new", methods=["GET", "POST"])
@requires(Permission.COUPONS_MANAGE)
@audits(Action.COUPON_BATCH_CREATED)
def new_batch() -> ResponseReturnValue:
    like = replace(terms_to_begin_with(), is_public=True, max_redemptions=ONE_USE_EACH)
    form: BatchForm = offered_form(BatchForm, like, values_of(like))
    if form.validate_on_submit():
        with form.refusing():
            row = create_batch(
                by=current_staff().actor,
                once=form.once.data or "",
                prefix=form.prefix.data or "",
                count=form.count.data or 0,
                terms=form.terms(like),
                tenant_ids=form.tenant_ids(),
                asks_approval=asks_approval(),
            )
            db.session.commit()
            return _made(row)
    status = 422 if form.is_submitted() else 200
    limits = limits_in_words()
    return page("coupons/new_batch.html", status=status, form=form, limits=limits, picks=picks())


def _made(row: CouponBatch) -> ResponseReturnValue:
    is_waiting = row.status == CouponStatus.AWAITING_APPROVAL
    then = "wait until a manager approves them" if is_waiting else usable(row)
    flash(f"{name_of(row)} {then}.", "success")
    return see_other(url_for("coupons.batch", batch_id=row.id))


def usable(row: CouponBatch) -> str:
    """Whether its codes can be used, or when."""
    terms = terms_of_batch(row)
    return usable_text(standing_of_batch(row, terms, clock.now()), terms)


@bp.get("/coupons/batches/<int:batch_id>")
@requires(Permission.COUPONS_VIEW)
def batch(batch_id: int) -> Response:
    return batch_page(batch_or_404(batch_id))


def batch_page(row: CouponBatch, form: ApprovalForm | None = None) -> Response:
    """With a form that was refused: what was typed, and why."""
    actor, terms = current_staff().actor, terms_of_batch(row)
    is_waiting = row.status == CouponStatus.AWAITING_APPROVAL
    shows_all = request.args.get("tenants") == "all"
    most = MOST_TENANTS if shows_all else FEW_TENANTS
    tenants = [] if terms.is_public else tenants_of_batch(row.id, most=most + 1)
    has_more = len(tenants) > most
    return page(
        "coupons/batch.html",
        status=422 if form else 200,
        batch=row,
        name=name_of(row),
        is_public=terms.is_public,
        tenants=tenants[:most],
        all_tenants_url=(
            url_for("coupons.batch", batch_id=row.id, tenants="all") if has_more else None
        ),
        standing=standing_of_batch(row, terms, clock.now()),
        why=why_stopped(target_of_batch(row), row.status),
        terms=terms_in_words(terms, plan_labels()),
        starts_at=terms.starts_at,
        redeem_by=terms.redeem_by,
        description=terms.description,
        used=uses_of(row),
        listing=codes_page(batch_id=row.id, cursor=request.args.get("cursor")).at("coupons.batch"),
        passed=beyond(terms, row.created_at, codes=row.size) if is_waiting else [],
        form=form or ApprovalForm(),
        may_decide=may_decide_batch(actor, row),
        is_own_request=is_waiting and row.requested_by == actor.id,
        events=about(by=actor, zone=reader_zone(), target=target_of_batch(row)),
        reach=reach_about_money(actor),
        may_manage=actor.may(Permission.COUPONS_MANAGE),
    )


@bp.get("/coupons/batches/<int:batch_id>/codes.csv")
@requires(Permission.COUPONS_MANAGE)
@audits(Action.COUPON_CODES_EXPORTED)
def batch_csv(batch_id: int) -> ResponseReturnValue:
    """Who took the codes is noted before a line is sent."""
    row = batch_or_404(batch_id)
    note_codes_csv(by=current_staff().actor, row=row)
    db.session.commit()
    name = f"coupon-codes-{batch_id}.csv"
    return streamed(codes_csv(batch_id=batch_id), filename=name, media_type=MEDIA_TYPE)
