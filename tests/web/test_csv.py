"""Tables as files: nothing in them is run by the program that opens them."""

import pytest

from portal.web.csv import csv_lines

HIDING = [
    "\0",
    " ",
    "\x0b",
    "\x1b",
    "\x85",
    "\xa0",
    "\u200b",
    "\u202e",
    "\u3000",
    "\ufeff",
    "\0 \0",
]


@pytest.mark.parametrize("sign", "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
def test_a_cell_that_begins_like_a_formula_is_plain_text(sign):
    written = csv_lines([[f"{sign}1+1", 5, None, "a=1"]])
    assert written.strip('"').startswith(f"'{sign}1+1")
    assert written.endswith(",5,,a=1\r\n")


@pytest.mark.parametrize("hidden", HIDING, ids=ascii)
@pytest.mark.parametrize("sign", "=+-@\uff1d")
def test_what_a_spreadsheet_drops_hides_no_formula(hidden, sign):
    written = csv_lines([[f"{hidden}{sign}1+1"]])
    assert written.strip('"').startswith(f"'{hidden}{sign}".replace("\0", ""))


def test_no_cell_holds_a_nul():
    assert csv_lines([["a\0b", "\0"]]) == "ab,\r\n"


@pytest.mark.parametrize("plain", ["a=1", " a", "\u200ba-b", "5 - 3", "'=1", ""])
def test_a_plain_text_is_left_alone(plain):
    assert csv_lines([["x", plain]]) == f"x,{plain}\r\n"
