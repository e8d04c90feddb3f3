"""Making a coupon and changing its terms, alone or with a manager's approval."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.catalog.overview import plans_on_offer
from portal.catalog.revisions import catalog_now
from portal.core import clock
from portal.core.currencies import known_currencies
from portal.core.database import db
from portal.core.errors import NotFound
from portal.core.money import percent_text
from portal.core.permissions import Permission
from portal.coupons.coupons import change_coupon, coupon_or_404, create_coupon, mark_of
from portal.coupons.forms import CouponForm, values_of, with_prices
from portal.coupons.limits import LONGEST, MOST_BASIS_POINTS, MOST_USES, is_unlimited
from portal.coupons.models import HELD_BACK, Coupon, CouponStatus
from portal.coupons.pages.blueprint import bp
from portal.coupons.pages.coupon import plan_labels
from portal.coupons.standing import standing_of
from portal.coupons.tenant_names import external_ids
from portal.coupons.terms import Terms, terms_of
from portal.coupons.words import (
    duration_text,
    terms_in_words,
    usable_text,
    worth_text,
)
from portal.staff.current import current_staff
from portal.web.access import audits, requires
from portal.web.htmx import page, see_other
from portal.web.moments import as_local
from portal.web.urls import id_in_query

LASTING = (7, 30, 90)


@bp.route("/coupons/new", methods=["GET", "POST"])
@requires(Permission.COUPONS_MANAGE)
@audits(Action.COUPON_CREATED)
def new_coupon() -> ResponseReturnValue:
    like = terms_to_begin_with()
    form: CouponForm = offered_form(
        CouponForm, like, {**values_of(like), "tenants": "\n".join(_tenants_asked_for())}
    )
    if request.method == "GET" and form.tenants.data:
        form.audience.data = "named"
    if form.validate_on_submit():
        with form.refusing():
            row = create_coupon(
                by=current_staff().actor,
                code=form.code.data or "",
                terms=form.terms(Terms()),
                tenant_ids=form.tenant_ids(),
                asks_approval=asks_approval(),
            )
            db.session.commit()
            return done(row, usable(row))
    return _form_page(form, "New coupon")


@bp.route("/coupons/<int:coupon_id>/edit", methods=["GET", "POST"])
@requires(Permission.COUPONS_MANAGE)
@audits(Action.COUPON_CHANGED)
def edit_coupon(coupon_id: int) -> ResponseReturnValue:
    row = coupon_or_404(coupon_id, locked=False)
    terms = terms_of(row)
    form: CouponForm = offered_form(CouponForm, terms, {**values_of(terms), "seen": mark_of(row)})
    form.settle()
    if row.first_redeemed_at is not None:
        form.freeze()
    if form.validate_on_submit():
        with form.refusing():
            row = change_coupon(
                by=current_staff().actor,
                coupon_id=coupon_id,
                terms=form.terms(terms),
                asks_approval=asks_approval(),
                seen=form.seen.data or "",
            )
            db.session.commit()
            return done(row, f"is saved: it {usable(row)}")
    return _form_page(form, f"Change {row.code}", coupon_or_404(coupon_id, locked=False))


def asks_approval() -> bool:
    """Was it sent by the button that asks a manager?"""
    return request.form.get("step") == "ask"


def done(row: Coupon, text: str) -> ResponseReturnValue:
    if row.status == CouponStatus.AWAITING_APPROVAL:
        flash(f"{row.code} waits until a manager approves it.", "success")
    else:
        flash(f"{row.code} {text}.", "success")
    return see_other(url_for("coupons.coupon", coupon_id=row.id))


def usable(row: Coupon) -> str:
    """Whether it can be used, or when."""
    return usable_text(standing_of(row, clock.now()), terms_of(row))


def limits_in_words() -> list[str]:
    """What whoever is signed in may give alone; nothing for whoever has no limits."""
    if is_unlimited(current_staff().actor):
        return []
    share = percent_text(MOST_BASIS_POINTS)
    return [
        f"up to {share} off; an amount counts as its share of the least price",
        f"up to {MOST_USES} uses in all",
        f"an end within {LONGEST.days} days of its start",
    ]


def terms_to_begin_with() -> Terms:
    """The terms to begin with: those of the coupon that is copied, else none.

    A window that is over is left out.
    """
    wanted = id_in_query("like")
    try:
        terms = terms_of(coupon_or_404(wanted, locked=False)) if wanted else Terms()
    except NotFound:
        return Terms()
    is_over = terms.redeem_by is not None and terms.redeem_by <= clock.now()
    return replace(terms, starts_at=None, redeem_by=None) if is_over else terms


def _tenants_asked_for() -> list[str]:
    wanted = id_in_query("tenant")
    return external_ids([wanted]) if wanted else []


def offered_form(kind: Any, terms: Terms, values: dict[str, Any]) -> Any:
    """With the plans and currencies of the catalogue, of these terms and of what was sent."""
    catalog = catalog_now()
    offered = plans_on_offer(catalog)
    sent = {name.partition("_")[2] for name in request.form}
    known = {plan.currency for plan in offered} | {*terms.amounts, *terms.min_amounts}
    form = with_prices(kind, tuple(sorted(known | (sent & known_currencies()))))(data=values)
    labels, names = plan_labels(), {plan.name for plan in offered}
    gone = [name for name in terms.plans if name not in names]
    old = ((name, f"{labels.get(name, name)} (no longer on offer)") for name in gone)
    form.offer([*((plan.name, labels[plan.name]) for plan in offered), *old])
    return form


def _form_page(form: CouponForm, title: str, row: Coupon | None = None) -> Response:
    status = 422 if form.is_submitted() else 200
    return page(
        "coupons/edit.html",
        status=status,
        title=title,
        form=form,
        coupon=row,
        worth=_worth(row) if row else "",
        picks=picks(),
        limits=limits_in_words(),
        lets_use=row is not None and _lets_use(row),
        differences=_differences(form, row) if row and form.is_replacing else [],
    )


def _lets_use(row: Coupon) -> bool:
    """Would a change by this person end that nobody can use it, without a word of approval?"""
    return row.status in HELD_BACK and is_unlimited(current_staff().actor)


def picks() -> list[tuple[str, str]]:
    """Ends that are often wanted, for one click."""
    now = clock.now()
    return [(f"{days} days", as_local(now + timedelta(days=days))) for days in LASTING]


def _worth(row: Coupon) -> str:
    worth = worth_text(row.basis_points, row.amounts)
    return f"{worth}, {duration_text(row.duration, row.periods, row.months)},"


def _differences(form: CouponForm, row: Coupon) -> list[tuple[str, str]]:
    """What stands now where it is not what was typed; saving again is then meant."""
    form.seen.data = mark_of(row)
    labels, terms = plan_labels(), terms_of(row)
    now = terms_in_words(terms, labels)
    typed = terms_in_words(form.terms(terms), labels)
    return [(label, text) for label, text in now.items() if text != typed[label]]
