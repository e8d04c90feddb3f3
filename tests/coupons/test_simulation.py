"""What is paid, by line and by period: sums are whole, nothing is below zero, the order counts."""

from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.coupons.discounts import Applied, Discount, apply
from portal.coupons.simulation import Offer, Stretch, stretches, take

FOR_EVER = None
TENTH, HALF, FIVE = Discount.percent(1000), Discount.percent(5000), Discount.fixed(500)
discounts = st.one_of(
    st.integers(1, 10_000).map(Discount.percent), st.integers(1, 10**7).map(Discount.fixed)
)
amounts = st.integers(1, 10**7).map(Discount.fixed)
offers = st.one_of(
    st.builds(Offer, discounts, st.one_of(st.none(), st.integers(1, 30))),
    st.builds(Offer, amounts, st.just(1), st.just(True)),
)
chains = st.lists(offers, max_size=6)
lines = st.lists(st.integers(0, 10**6), min_size=1, max_size=8)


def period_by_period(base, chain):
    """The same rule without any shortcut: one period after the other, for ever."""
    leftovers, period = [0] * len(chain), 0
    while True:
        period += 1
        left, taken = base, []
        for place, offer in enumerate(chain):
            counts = offer.periods is None or period <= offer.periods
            amount = offer.discount.off(left) if counts else min(leftovers[place], left)
            if offer.carries:
                leftovers[place] = (offer.discount.cents if counts else leftovers[place]) - amount
            left -= amount
            taken.append(amount)
        yield tuple(taken), left


def unrolled(found, most):
    """The stretches as single periods."""
    for stretch in found:
        last = most if stretch.last is None else stretch.last
        for _ in range(stretch.first, last + 1):
            yield stretch.amounts, stretch.total_cents


@given(st.integers(0, 10**6), chains)
def test_stretches_are_what_counting_period_by_period_gives(base, chain):
    found = stretches(base, chain)
    assert list(islice(unrolled(found, 40), 40)) == list(islice(period_by_period(base, chain), 40))


@given(st.integers(0, 10**6), chains)
def test_every_period_lies_in_one_stretch_and_the_last_has_no_end(base, chain):
    found = stretches(base, chain)
    assert found[0].first == 1
    assert found[-1].last is None
    for one, following in pairwise(found):
        assert one.last + 1 == following.first
        assert one.amounts != following.amounts


@given(st.integers(0, 10**6), chains)
def test_what_is_taken_and_what_is_paid_are_the_price_in_every_period(base, chain):
    for stretch in stretches(base, chain):
        assert sum(stretch.amounts) + stretch.total_cents == base
        assert min(stretch.total_cents, *stretch.amounts, 0) == 0


@given(st.integers(1, 10**5), st.integers(1, 10**9))
def test_what_is_carried_over_is_given_to_the_cent(base, cents):
    found = stretches(base, [Offer(Discount.fixed(cents), 1, carries=True)])
    given_ = sum(s.amounts[0] * (s.last - s.first + 1) for s in found if s.last is not None)
    assert (given_, found[-1].total_cents) == (cents, base)


@given(lines, st.lists(discounts, max_size=6))
def test_a_chain_over_lines_is_the_chain_over_their_sum(given_lines, chain):
    left, taken = given_lines, []
    for discount in chain:
        found = take(discount, left)
        assert sum(found.parts) == found.cents
        left = [line - part for line, part in zip(left, found.parts, strict=True)]
        assert min(left) >= 0
        taken.append(found.cents)
    assert apply(sum(given_lines), chain) == Applied(tuple(taken), sum(left))


@pytest.mark.parametrize(
    ("chain", "found"),
    [
        ([], [(1, None, (), 1000)]),
        ([Offer(TENTH)], [(1, 1, (100,), 900), (2, None, (0,), 1000)]),
        ([Offer(TENTH, FOR_EVER)], [(1, None, (100,), 900)]),
        (
            [Offer(HALF, 3), Offer(TENTH)],
            [(1, 1, (500, 50), 450), (2, 3, (500, 0), 500), (4, None, (0, 0), 1000)],
        ),
        (
            [Offer(FIVE), Offer(HALF, FOR_EVER)],
            [(1, 1, (500, 250), 250), (2, None, (0, 500), 500)],
        ),
        (
            [Offer(Discount.fixed(2500), 1, carries=True)],
            [(1, 2, (1000,), 0), (3, 3, (500,), 500), (4, None, (0,), 1000)],
        ),
        (
            [Offer(Discount.fixed(2500), 1)],
            [(1, 1, (1000,), 0), (2, None, (0,), 1000)],
        ),
    ],
)
def test_periods_are_paid_as_the_coupons_say(chain, found):
    assert stretches(1000, chain) == [Stretch(*one) for one in found]


def test_what_costs_nothing_stays_so_without_an_end():
    chain = [Offer(Discount.fixed(500), 1, carries=True), Offer(HALF, 7)]
    assert stretches(0, chain) == [Stretch(1, None, (0, 0), 0)]
