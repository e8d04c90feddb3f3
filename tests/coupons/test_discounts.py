"""Discounts add up: in order, never below zero, to the last cent."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.money import allocate
from portal.coupons.discounts import Applied, Discount, apply

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "money.json").read_text())
MAKE = {"pct": Discount.percent, "fix": Discount.fixed}
bases = st.integers(0, 10**12)
discounts = st.one_of(
    st.integers(1, 10_000).map(Discount.percent), st.integers(1, 10**12).map(Discount.fixed)
)
chains = st.lists(discounts, max_size=8)


def vectors(kind: str) -> list[dict]:
    return [vector for vector in VECTORS if vector["kind"] == kind]


@pytest.mark.parametrize("vector", vectors("coupon_chain"), ids=lambda v: v["id"])
def test_coupons_after_each_other_take_off_what_was_published(vector):
    chain = [MAKE[kind](value) for kind, value in vector["input"]["coupons"]]
    applied = apply(vector["input"]["base"], chain)
    amounts, remaining = vector["expect"]
    assert [amount for amount in applied.amounts if amount] == amounts
    assert (len(applied.amounts), applied.remaining_cents) == (len(chain), remaining)


@pytest.mark.parametrize("vector", vectors("discount_allocation"), ids=lambda v: v["id"])
def test_an_amount_is_shared_out_over_lines_as_published(vector):
    lines = vector["input"]["lines"]
    applied = apply(sum(lines), [Discount.fixed(vector["input"]["discount"])])
    assert allocate(applied.discount_cents, lines) == vector["expect"]


@pytest.mark.parametrize("vector", vectors("percent_no_float"), ids=lambda v: v["id"])
def test_a_share_is_exact_where_floats_are_not(vector):
    applied = apply(vector["input"]["base"], [Discount.percent(vector["input"]["bps"])])
    assert applied.amounts == (vector["expect"],)


@pytest.mark.parametrize("vector", vectors("proration_with_coupon"), ids=lambda v: v["id"])
def test_a_part_of_a_period_is_charged_after_its_coupon(vector):
    given_ = vector["input"]
    nets = [
        apply(given_[which], [MAKE[kind](value) for kind, value in [given_[f"{which}_coupon"]]])
        if given_[f"{which}_coupon"]
        else Applied((), given_[which])
        for which in ("old", "new")
    ]
    old, new = (net.remaining_cents // 2 for net in nets)
    assert [-old, new] == vector["expect"]


def test_what_comes_first_counts():
    ten, fifth = Discount.fixed(10), Discount.percent(2000)
    assert apply(100, [ten, fifth]) == Applied((10, 18), 72)
    assert apply(100, [fifth, ten]) == Applied((20, 10), 70)


def test_two_tenths_are_not_a_fifth():
    assert apply(100, [Discount.percent(1000)] * 2).discount_cents == 19


def test_once_nothing_is_left_nothing_is_taken():
    chain = [Discount.fixed(10), Discount.percent(2000), Discount.fixed(1)]
    assert apply(5, chain) == Applied((5, 0, 0), 0)


def test_without_discounts_everything_is_left():
    assert apply(1999, []) == Applied((), 1999)


@given(bases, chains)
def test_what_is_taken_and_what_is_left_are_the_whole(base, chain):
    applied = apply(base, chain)
    assert applied.discount_cents + applied.remaining_cents == base
    assert len(applied.amounts) == len(chain)


@given(bases, chains)
def test_nothing_goes_below_zero(base, chain):
    applied = apply(base, chain)
    assert applied.remaining_cents >= 0
    assert all(amount >= 0 for amount in applied.amounts)


@given(bases, chains, chains)
def test_a_chain_is_its_first_part_and_then_the_second(base, first, second):
    whole, start = apply(base, first + second), apply(base, first)
    rest = apply(start.remaining_cents, second)
    assert whole == Applied(start.amounts + rest.amounts, rest.remaining_cents)


@given(bases, st.lists(st.integers(1, 10**9).map(Discount.fixed), max_size=6))
def test_among_amounts_alone_the_order_changes_no_total(base, chain):
    assert apply(base, chain).remaining_cents == apply(base, chain[::-1]).remaining_cents


@given(bases, chains)
def test_another_discount_never_costs_the_customer(base, chain):
    lengths = [apply(base, chain[:length]).remaining_cents for length in range(len(chain) + 1)]
    assert all(more >= less for more, less in pairwise(lengths))


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=12), chains)
def test_each_discount_spreads_over_its_lines_to_the_cent(lines, chain):
    left = list(lines)
    for amount in apply(sum(lines), chain).amounts:
        parts = allocate(amount, left)
        assert sum(parts) == amount
        left = [line - part for line, part in zip(left, parts, strict=True)]
    assert min(left) >= 0


@pytest.mark.parametrize("basis_points", [0, -1, 10_001])
def test_a_share_lies_between_nothing_and_everything(basis_points):
    with pytest.raises(ValueError, match="basis points"):
        Discount.percent(basis_points)


@pytest.mark.parametrize("cents", [0, -5])
def test_an_amount_is_a_cent_or_more(cents):
    with pytest.raises(ValueError, match="1 cent"):
        Discount.fixed(cents)


@pytest.mark.parametrize("make", [Discount.percent, Discount.fixed, lambda v: apply(v, [])])
@pytest.mark.parametrize("value", [14.5, "20", True])
def test_no_float_or_text_is_money(make, value):
    with pytest.raises(TypeError, match="whole number"):
        make(value)


def test_nothing_is_taken_off_a_debt():
    with pytest.raises(ValueError, match="negative"):
        apply(-1, [Discount.percent(10)])


@pytest.mark.parametrize("both", [{}, {"basis_points": 1, "cents": 1}])
def test_a_discount_is_of_one_kind(both):
    with pytest.raises(ValueError, match="either"):
        Discount(**both)
