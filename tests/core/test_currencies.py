"""Amounts as people type them."""

import pytest

from portal.core.currencies import known_currencies, minor_units


@pytest.mark.parametrize(
    ("text", "currency", "cents"),
    [
        ("1,234.50", "USD", 123_450),
        ("1,234,567", "USD", 123_456_700),
        (" 10 ", "JPY", 10),
        ("1.005", "KWD", 1_005),
        (".5", "USD", 50),
        ("5.", "USD", 500),
        ("-3", "USD", -300),
        ("7." + "0" * 40, "USD", 700),
    ],
)
def test_an_amount_is_read_in_the_smallest_unit(text, currency, cents):
    assert minor_units(text, currency) == cents


@pytest.mark.parametrize("text", ["", "x", "NaN", "Infinity", "1.001", "1e999999", "1e9999999"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match=r"amount|coin"):
        minor_units(text, "USD")


@pytest.mark.parametrize("text", ["10,50", "1,5", "1,2345", "1234,567", ",500", "1,,000", "1,000,"])
def test_a_comma_that_parts_no_thousands_is_refused(text):
    with pytest.raises(ValueError, match="not an amount"):
        minor_units(text, "USD")


@pytest.mark.parametrize("text", ["1." + "0" * 28 + "1", "9" * 27 + ".99"])
def test_more_digits_than_are_reckoned_with_are_refused_and_not_rounded(text):
    with pytest.raises(ValueError, match="not an amount"):
        minor_units(text, "USD")


@pytest.mark.parametrize("text", ["1_000", "1e3", "."])
def test_what_only_a_program_writes_is_refused(text):
    with pytest.raises(ValueError, match="not an amount"):
        minor_units(text, "USD")


def test_a_currency_is_known_while_it_is_tender_somewhere():
    assert {"EUR", "JPY", "USD"} <= known_currencies()
    assert known_currencies().isdisjoint({"DEM", "CHW", ""})  # the past, and no tender
