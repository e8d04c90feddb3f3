"""Amounts as people type them."""

import pytest

from portal.core.currencies import minor_units


@pytest.mark.parametrize(
    ("text", "currency", "cents"),
    [("1,234.50", "USD", 123_450), (" 10 ", "JPY", 10), ("1.005", "KWD", 1_005)],
)
def test_an_amount_is_read_in_the_smallest_unit(text, currency, cents):
    assert minor_units(text, currency) == cents


@pytest.mark.parametrize("text", ["", "x", "NaN", "Infinity", "1.001", "1e999999", "1e9999999"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match=r"amount|coin"):
        minor_units(text, "USD")
