"""What is paid with discounts, line by line and period by period. Pure, and in whole cents."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from portal.core.money import allocate
from portal.coupons.discounts import Discount


@dataclass(frozen=True, slots=True)
class Offer:
    """A discount, for how many periods it counts, and whether what it leaves over goes on."""

    discount: Discount
    periods: int | None = 1
    """None: without end."""
    carries: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What one discount took off: in all, and of each line."""

    cents: int
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Periods that are paid alike, counted from 1, and what each discount takes off in each."""

    first: int
    last: int | None
    """None: from then on."""
    amounts: tuple[int, ...]
    total_cents: int


def take(discount: Discount, lines: Sequence[int]) -> Taken:
    """Off what is left of the lines: shared out in proportion, and no part above its line."""
    cents = discount.off(sum(lines))
    return Taken(cents, tuple(allocate(cents, lines)))


def stretches(base_cents: int, offers: Sequence[Offer]) -> list[Stretch]:
    """What is paid in which period, until nothing changes any more.

    The discounts are taken off one after the other in the order given, in every period those that
    still count. Periods are counted, never dates. A leftover is taken where its discount stood.
    """
    found: list[Stretch] = []
    leftovers = [0] * len(offers)
    first: int | None = 1
    while first is not None:
        amounts = _amounts(base_cents, offers, leftovers, first)
        length = _length(offers, leftovers, amounts, first)
        for place, (offer, amount) in enumerate(zip(offers, amounts, strict=True)):
            if first == 1 and offer.carries:
                leftovers[place] = (offer.discount.cents or 0) - amount
            elif leftovers[place]:
                leftovers[place] -= amount * (length or 0)
        last = None if length is None else first + length - 1
        _add(found, Stretch(first, last, amounts, base_cents - sum(amounts)))
        first = None if last is None else last + 1
    return found


def _amounts(
    base_cents: int, offers: Sequence[Offer], leftovers: Sequence[int], period: int
) -> tuple[int, ...]:
    amounts, left = [], base_cents
    for offer, leftover in zip(offers, leftovers, strict=True):
        amount = offer.discount.off(left) if _counts(offer, period) else min(leftover, left)
        amounts.append(amount)
        left -= amount
    return tuple(amounts)


def _counts(offer: Offer, period: int) -> bool:
    return offer.periods is None or period <= offer.periods


def _length(
    offers: Sequence[Offer], leftovers: Sequence[int], amounts: Sequence[int], period: int
) -> int | None:
    """How many periods from this one on are alike: until a discount ends or a leftover is short."""
    ends = [
        offer.periods - period + 1
        for offer in offers
        if offer.periods is not None and _counts(offer, period)
    ]
    ends += [
        leftover // amount
        for offer, leftover, amount in zip(offers, leftovers, amounts, strict=True)
        if amount and not _counts(offer, period)
    ]
    return min(ends, default=None)


def _add(found: list[Stretch], stretch: Stretch) -> None:
    """Where a discount ended that took nothing off, nothing changed."""
    if found and found[-1].amounts == stretch.amounts:
        found[-1] = replace(found[-1], last=stretch.last)
    else:
        found.append(stretch)
