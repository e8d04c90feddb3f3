"""Text is brought into one form, whatever somebody made it of."""

import sys
import time
import unicodedata

import pytest

from portal.core.text import FIRST_MARK, LAST_MARK, is_blank, kept_apart, nfc, one_line

DOT_BELOW, ACUTE, TIBETAN_II = "\u0323", "\u0301", "\u0f73"


def test_two_spellings_become_one():
    assert nfc("cafe\u0301") == nfc("caf\u00e9") == "caf\u00e9"


@pytest.mark.parametrize(
    "text", ["", "plain", "Việt Nam", "ไทย", "नमस्ते", "e" + ACUTE * 30, "👩‍👩‍👧"]
)
def test_what_people_write_is_left_to_unicode_alone(text):
    assert nfc(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("pair", [ACUTE + DOT_BELOW, TIBETAN_II, "\u0344", ACUTE])
def test_half_a_megabyte_of_marks_is_done_at_once(pair):
    nfc("\u00e9")
    began = time.process_time()
    nfc("a" + pair * (500_000 // len(pair)))
    assert time.process_time() - began < 5


def test_the_form_of_the_form_is_itself():
    once = nfc("a" + (ACUTE + DOT_BELOW) * 100)
    assert nfc(once) == once
    assert unicodedata.is_normalized("NFC", once)


def test_every_mark_of_unicode_is_known():
    marks = [code for code in range(sys.maxunicode) if unicodedata.combining(chr(code))]
    assert FIRST_MARK <= min(marks) < max(marks) < LAST_MARK


@pytest.mark.parametrize(
    "text", ["", " \n", "\u200b", "\u200d\u202e", "\u3164", "\u2800 \ufe0f", "\x01"]
)
def test_what_nobody_sees_is_blank(text):
    assert (is_blank(text), one_line(text)) == (True, "")


@pytest.mark.parametrize("text", ["x", "\u200bx", "é", "👩\u200d👧", "שלום", "नमस्ते", "-"])
def test_what_somebody_sees_is_not(text):
    assert (is_blank(text), one_line(text)) == (False, text)


def test_a_value_turns_no_word_around_it():
    assert kept_apart("Acme\u202e Ltd") == "Acme Ltd"
    assert kept_apart("\u2069\u202eשלום") == "\u2068שלום\u2069"
    assert kept_apart("Café") == "Café"
