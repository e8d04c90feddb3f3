"""Shares and amounts are read as people type them, and to the last edge."""

import pytest

from portal.coupons.amounts import BadAmount, basis_points_of, cents_of, percent_input
from portal.coupons.terms import LARGEST_AMOUNT

LONG, TOO_LONG = "1".rjust(40, "0"), "1".rjust(41, "0")
FINE = "12." + "0" * 28 + "1"


@pytest.mark.parametrize(
    ("text", "basis_points"),
    [
        ("0.01", 1),
        ("12.5", 1250),
        ("12,5", 1250),
        (" 12.50 % ", 1250),
        ("100", 10_000),
        (LONG, 100),
    ],
)
def test_a_share_is_read_as_it_is_typed(text, basis_points):
    assert basis_points_of(text) == basis_points


@pytest.mark.parametrize(
    "text",
    [
        *("", "%", "ten", "NaN", "sNaN", "inf"),
        "0",
        "0.001",
        "12.505",
        "100.01",
        "-5",
        FINE,
        TOO_LONG,
    ],
)
def test_what_is_no_share_or_finer_than_a_hundredth_is_refused(text):
    with pytest.raises(BadAmount, match=r"from 0\.01 to 100"):
        basis_points_of(text)


@pytest.mark.parametrize(
    ("basis_points", "text"), [(1, "0.01"), (1250, "12.5"), (2000, "20"), (10_000, "100")]
)
def test_a_share_is_shown_as_it_would_be_typed(basis_points, text):
    assert percent_input(basis_points) == text
    assert basis_points_of(text) == basis_points


@pytest.mark.parametrize(
    ("text", "currency", "cents"),
    [("0.01", "EUR", 1), ("10", "EUR", 1000), ("10", "JPY", 10), (LONG, "EUR", 100)],
)
def test_an_amount_is_read_in_the_smallest_unit_of_its_currency(text, currency, cents):
    assert cents_of(text, currency) == cents


def test_the_largest_amount_is_the_last_that_is_taken():
    assert cents_of(str(LARGEST_AMOUNT), "JPY") == LARGEST_AMOUNT
    with pytest.raises(BadAmount):
        cents_of(str(LARGEST_AMOUNT + 1), "JPY")


@pytest.mark.parametrize("text", ["", "ten", "0", "0.001", "10,5", "-1", TOO_LONG])
def test_what_is_no_amount_above_zero_is_refused_with_an_example(text):
    with pytest.raises(BadAmount, match=r"such as 10\.00\."):
        cents_of(text, "EUR")
