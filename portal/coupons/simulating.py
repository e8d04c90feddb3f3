"""What would a tenant pay for a plan with these codes? Asked of the rules; nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.catalog.overview import plans_on_offer
from portal.catalog.revisions import catalog_now
from portal.catalog.snapshot import Plan
from portal.core import clock
from portal.core.currencies import known_currencies
from portal.core.errors import DomainError
from portal.coupons.models import Coupon
from portal.coupons.simulation import Offer, Stretch, Taken, stretches, take
from portal.coupons.still_running import Running, still_running
from portal.coupons.terms import Duration
from portal.coupons.validating import (
    REASONS,
    Purchase,
    coupon_by_code,
    discount_in,
    verdict_of,
)
from portal.coupons.windows import Pace
from portal.customers.models import Tenant
from portal.customers.tenants import tenant_or_404

MOST_CODES = 10
MOST_LINES = 20
NOTHING = Taken(0, ())
LARGEST_AMOUNT = 2**53 // (MOST_LINES + 1)


class BillingInterval(StrEnum):
    """For how long the price of a plan is."""

    MONTH = "month"
    YEAR = "year"


class BadQuestion(DomainError):
    """Nobody could buy that."""


@dataclass(frozen=True, slots=True)
class Line:
    """What stands on the invoice before any coupon."""

    label: str
    cents: int


@dataclass(frozen=True, slots=True)
class Question:
    """Who buys what, with which codes in order. `price_cents` None: as the catalogue says."""

    tenant_id: int
    plan: str
    codes: tuple[str, ...] = ()
    interval: BillingInterval = BillingInterval.MONTH
    currency: str | None = None
    price_cents: int | None = None
    extras: tuple[Line, ...] = ()
    is_first_time: bool = False
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What one code does; with a `reason`, why it does not count."""

    code: str
    row: Coupon | None
    reason: str | None
    taken: Taken
    left_cents: int

    @property
    def counts(self) -> bool:
        return self.reason is None

    @property
    def words(self) -> str | None:
        return REASONS[self.reason] if self.reason else None


@dataclass(frozen=True, slots=True)
class Simulation:
    """The answer: each line before and after, each code, and what is paid period by period."""

    tenant: Tenant
    plan: Plan
    interval: BillingInterval
    currency: str
    lines: tuple[Line, ...]
    left: tuple[int, ...]
    """Of each line, after all codes."""
    running: tuple[Effect, ...]
    """What was redeemed before and still counts, or why it does not here."""
    effects: tuple[Effect, ...]
    periods: tuple[Stretch, ...]

    @property
    def list_cents(self) -> int:
        return sum(line.cents for line in self.lines)

    @property
    def total_cents(self) -> int:
        return sum(self.left)

    @property
    def discount_cents(self) -> int:
        return self.list_cents - self.total_cents


def simulate(question: Question) -> Simulation:
    """What runs already comes off first, then the codes, as a checkout would redeem them now.

    A code that is refused takes nothing off, and those after it are tried all the same. Every
    line comes again in every period.

    Raises:
        BadQuestion: the plan, its price, the currency or a line is not one.
        NotFound: there is no such tenant.
    """
    tenant, plan = tenant_or_404(question.tenant_id), _plan(question.plan)
    currency = _currency(plan, question)
    lines = (Line(_label(plan, question.interval), _price(plan, question)), *question.extras)
    _check(lines, question.codes)
    pace = Pace(clock.now(), question.interval, tenant.time_zone)
    found = still_running(tenant.id, plan.name, currency, pace)
    running, left = _taken_before(found, [line.cents for line in lines])
    effects, left = _effects(question, currency, left)
    base = sum(line.cents for line in lines)
    offers = [each.offer for each in found if each.offer]
    offers += [
        _offer(effect.row, currency, pace) for effect in effects if effect.row and effect.counts
    ]
    return Simulation(
        tenant=tenant,
        plan=plan,
        interval=question.interval,
        currency=currency,
        lines=lines,
        left=tuple(left),
        running=tuple(running),
        effects=tuple(effects),
        periods=tuple(stretches(base, offers)),
    )


def _plan(name: str) -> Plan:
    found = next((plan for plan in plans_on_offer(catalog_now()) if plan.name == name), None)
    if found is None:
        raise BadQuestion("There is no such plan on offer.", field="plan")
    return found


def _currency(plan: Plan, question: Question) -> str:
    """Another than that of the plan needs a price of its own."""
    currency = question.currency or plan.currency
    if currency not in known_currencies():
        raise BadQuestion("Use codes of currencies, such as EUR.", field="currency")
    if question.price_cents is None and currency != plan.currency:
        raise BadQuestion(
            f"{_name(plan)} is priced in {plan.currency}: say what it would cost in {currency}.",
            field="price_cents",
        )
    return currency


def _price(plan: Plan, question: Question) -> int:
    is_yearly = question.interval is BillingInterval.YEAR
    listed = plan.annual_price_cents if is_yearly else plan.monthly_price_cents
    price = listed if question.price_cents is None else question.price_cents
    if price is None:
        raise BadQuestion(
            f"{_name(plan)} has no price for a {question.interval}: say what was agreed.",
            field="price_cents",
        )
    return price


def _label(plan: Plan, interval: BillingInterval) -> str:
    return f"{_name(plan)}, a {interval}"


def _name(plan: Plan) -> str:
    return plan.display_name or plan.name


def _check(lines: Sequence[Line], codes: Sequence[str]) -> None:
    if len(codes) > MOST_CODES:
        raise BadQuestion(f"Try at most {MOST_CODES} codes at once.", field="codes")
    if len(lines) > MOST_LINES + 1:
        raise BadQuestion(f"Name at most {MOST_LINES} further lines.", field="lines")
    if any(not 0 <= line.cents <= LARGEST_AMOUNT for line in lines):
        raise BadQuestion("Use amounts of zero or more.", field="price_cents")


def _taken_before(found: Sequence[Running], lines: list[int]) -> tuple[list[Effect], list[int]]:
    left, effects = lines, []
    for each in found:
        taken = take(each.offer.discount, left) if each.offer else NOTHING
        parts = taken.parts or (0,) * len(left)
        left = [cents - part for cents, part in zip(left, parts, strict=True)]
        taken = Taken(taken.cents, parts)
        effects.append(Effect(each.row.code, each.row, each.reason, taken, sum(left)))
    return effects, left


def _effects(question: Question, currency: str, lines: list[int]) -> tuple[list[Effect], list[int]]:
    now, left, found = clock.now(), lines, list[Effect]()
    for code in question.codes:
        beside = [effect.row for effect in found if effect.row and effect.counts]
        effect = _effect(code, _purchase(question, currency, sum(left)), now, beside, left)
        left = [cents - part for cents, part in zip(left, effect.taken.parts, strict=True)]
        found.append(effect)
    return found, left


def _purchase(question: Question, currency: str, amount_cents: int) -> Purchase:
    return Purchase(
        tenant_id=question.tenant_id,
        plan=question.plan,
        currency=currency,
        amount_cents=amount_cents,
        user_id=question.user_id,
        is_first_time=question.is_first_time,
    )


def _effect(
    code: str, purchase: Purchase, now: datetime, beside: Sequence[Coupon], left: Sequence[int]
) -> Effect:
    verdict = verdict_of(coupon_by_code(code), purchase, now, beside)
    taken = NOTHING
    if verdict.row is not None and verdict.reason is None:
        taken = take(discount_in(verdict.row, purchase.currency), left)
    parts = taken.parts or (0,) * len(left)
    return Effect(
        code=verdict.row.code if verdict.row else code,
        row=verdict.row,
        reason=verdict.reason,
        taken=Taken(taken.cents, parts),
        left_cents=purchase.amount_cents - taken.cents,
    )


def _offer(row: Coupon, currency: str, pace: Pace) -> Offer:
    periods = 1 if row.duration == Duration.ONCE else row.periods
    if row.months is not None:
        periods = pace.periods_within(row.months)
    return Offer(discount_in(row, currency), periods, row.carry_remaining)
