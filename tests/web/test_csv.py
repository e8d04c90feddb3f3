"""Tables as files: nothing in them is run by the program that opens them."""

import pytest

from portal.web.csv import csv_lines


@pytest.mark.parametrize("sign", "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
def test_a_cell_that_begins_like_a_formula_is_plain_text(sign):
    written = csv_lines([[f"{sign}1+1", 5, None, "a=1"]])
    assert written.strip('"').startswith(f"'{sign}1+1")
    assert written.endswith(",5,,a=1\r\n")
