"""Money adds up: no float, half away from zero, every unit handed out once."""

import json
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.money import allocate, percent_of, round_ratio

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "money.json").read_text())
cents = st.integers(-(10**12), 10**12)


def vectors(kind: str) -> list[dict]:
    return [vector for vector in VECTORS if vector["kind"] == kind]


@pytest.mark.parametrize("vector", vectors("discount_allocation"), ids=lambda v: v["id"])
def test_a_discount_is_shared_out_as_published(vector):
    lines = vector["input"]["lines"]
    discount = min(vector["input"]["discount"], sum(lines))
    assert allocate(discount, lines) == vector["expect"]


@pytest.mark.parametrize("vector", vectors("percent_no_float"), ids=lambda v: v["id"])
def test_a_percentage_is_exact_where_floats_are_not(vector):
    assert percent_of(vector["input"]["base"], vector["input"]["bps"]) == vector["expect"]


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(1, 2, 1), (-1, 2, -1), (1, -2, -1), (-1, -2, 1), (3, 2, 2), (1, 3, 0), (2, 3, 1), (0, 7, 0)],
)
def test_a_half_is_rounded_away_from_zero(numerator, denominator, rounded):
    assert round_ratio(numerator, denominator) == rounded


def test_a_ratio_over_nothing_is_an_error():
    with pytest.raises(ZeroDivisionError):
        round_ratio(1, 0)


@given(cents, st.integers(0, 20_000))
def test_a_percentage_equals_exact_decimal_arithmetic(amount, basis_points):
    exact = Decimal(amount) * basis_points / 10_000
    assert percent_of(amount, basis_points) == exact.quantize(Decimal(1), ROUND_HALF_UP)


@given(st.lists(st.integers(0, 10**9), max_size=30), st.data())
def test_parts_sum_to_the_total_and_none_exceeds_its_line(lines, data):
    total = data.draw(st.integers(0, sum(lines)))
    parts = allocate(total, lines)
    assert sum(parts) == total
    assert all(0 <= part <= line for part, line in zip(parts, lines, strict=True))


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=12), st.data())
def test_no_part_is_a_whole_unit_from_its_fair_share(lines, data):
    total = data.draw(st.integers(0, sum(lines)))
    for part, line in zip(allocate(total, lines), lines, strict=True):
        assert abs(part * sum(lines) - total * line) < sum(lines)


def test_the_line_with_the_largest_remainder_gets_the_unit_not_the_largest_line():
    assert allocate(10, [600, 301, 99]) == [6, 3, 1]


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=12), st.data())
def test_who_got_a_unit_more_had_no_smaller_remainder(lines, data):
    total = data.draw(st.integers(0, sum(lines)))
    shares = [Fraction(total * line, sum(lines)) for line in lines]
    over = [part - share for part, share in zip(allocate(total, lines), shares, strict=True)]
    more, rest = [gain for gain in over if gain > 0], [gain for gain in over if gain <= 0]
    assert all(1 - up >= -down for up in more for down in rest)


def test_of_equal_remainders_the_earlier_line_gets_the_unit():
    assert allocate(2, [1, 1, 1]) == [1, 1, 0]


@pytest.mark.parametrize(("total", "lines"), [(-1, [5]), (6, [5]), (1, []), (1, [2, -1])])
def test_a_total_that_the_lines_cannot_hold_is_refused(total, lines):
    with pytest.raises(ValueError, match="line"):
        allocate(total, lines)


def test_nothing_is_shared_out_over_nothing():
    assert allocate(0, []) == []
    assert allocate(0, [0, 0]) == [0, 0]
