"""What opens something never reaches the ledger; what only looks like it stays readable."""

import hashlib
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.audit.redaction import redacted, redacted_text
from portal.audit.shapes import NUMBER, REDACTED, SHAPES, _without_cards, without_secrets

CARDS = (
    "4111111111111111",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "3782 822463 10005",
    "30569309025904",
    "6011111111111117",
    "3530111333300000",
    "4222222222222",
)
OPENERS = (
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlc2lnbmF0dXJl",
    "-----BEGIN PRIVATE KEY-----\nMIIBVQ==\n-----END PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIBVQ== cut off",
    "otpauth://totp/Portal:ann?secret=JBSWY3DPEHPK3PXP",
    "bop_a1b2c3d4_" + "Zz9" * 11,
    "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
    "qT3vY8nLr0ZpXw5Kc7Bd1Fh6Jm9Ns2Gu4Ve0Ay8RtPx",
    "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
)
READABLE = (
    "SAVE-2026-XMAS-DEAL",
    "9a7b3c21-4567-4890-8123-4567890123ab",
    "11111111-4111-4111-8111-111111111111",
    "+49 1512 3456789",
    "+4915123456789",
    "2026-11-23T09:41:27.123456Z",
    "20261123094127",
    "1763890887123",
    "1763890887123456",
    hashlib.sha256(b"x").hexdigest(),
    hashlib.sha1(b"x").hexdigest(),
    "0.4111111111111111",
    "Basic information about the plan",
    "203.0.113.9",
    "2001:db8::4111:1111:1111:1111",
    "some-long-feature-name-with-many-dashes-in-it",
)


@pytest.mark.parametrize("card", CARDS)
def test_a_card_number_is_removed_from_any_text(card):
    assert card not in redacted_text(f"paid with {card} 12/27")
    assert card not in redacted_text(f"order 7-{card}")


def test_a_card_number_given_as_a_number_is_removed():
    assert redacted(4111111111111111) == "[redacted]"


def test_digits_with_a_wrong_check_digit_stay():
    assert redacted_text("4111111111111112") == "4111111111111112"


@pytest.mark.parametrize("opener", OPENERS)
def test_what_opens_something_is_removed_from_any_text(opener):
    assert redacted_text(f"it was {opener}") == "it was [redacted]"


@pytest.mark.parametrize("text", READABLE)
def test_what_opens_nothing_stays_readable(text):
    assert redacted_text(text) == text


@pytest.mark.parametrize(
    "name", ["password", "Totp_Code", "backup-code", "X-CSRFToken", "apiKey", "cvc", "Set-Cookie"]
)
@pytest.mark.parametrize("value", ["canary", 123456, ["canary"], {"a": "canary"}, b"canary"])
def test_a_secret_is_known_by_its_name_wherever_it_lies(name, value):
    found = redacted({"list": [{"deep": {name: value}}]})
    assert found == {"list": [{"deep": {name: "[redacted]"}}]}


def test_an_empty_secret_stays_empty():
    assert redacted({"password": None, "token": ""}) == {"password": None, "token": ""}


def test_the_code_of_a_coupon_is_no_secret():
    assert redacted({"code": "SUMMER20"}) == {"code": "SUMMER20"}


def test_what_lies_too_deep_is_left_out():
    value = "canary"
    for _ in range(2000):
        value = [value]
    assert "canary" not in str(redacted(value))


def nested(depth):
    value = "kept"
    for _ in range(depth):
        value = [value]
    return value


def test_eight_levels_are_kept_and_no_ninth():
    assert redacted(nested(8)) == nested(8)
    assert "kept" not in str(redacted(nested(9)))


def test_a_number_is_one_as_long_as_every_reader_of_json_has_it():
    for number in (2**53 - 1, -(2**53) + 1):
        assert redacted(number) == number
    assert redacted([2**53, -(2**53)]) == ["9007199254740992", "-9007199254740992"]


def test_long_names_and_texts_are_cut():
    assert redacted({"n" * 101: 1}) == {"n" * 100: 1}
    assert redacted_text("a" * 8193) == "a" * 8192


def test_a_long_value_becomes_its_hash():
    text = "é" * 1025
    assert redacted(text) == {
        "truncated": True,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "starts": "é" * 200,
    }
    assert redacted("a" * 2048) == "a" * 2048
    assert redacted("a" * 2049)["truncated"]


def test_bytes_are_told_by_length_and_hash():
    assert redacted(b"x") == {"bytes": 1, "sha256": hashlib.sha256(b"x").hexdigest()}


def test_an_instant_is_written_as_every_instant_of_the_ledger():
    noon = datetime(2026, 6, 10, 14, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    assert redacted(noon) == "2026-06-10T12:00:00.000000Z"
    assert redacted(noon.replace(tzinfo=None)) == "2026-06-10 14:00:00"
    assert redacted(noon.date()) == "2026-06-10"


def test_a_nul_and_half_a_character_are_replaced():
    assert redacted_text("a\x00b\ud800") == "a\ufffdb?"


def test_text_is_stored_in_one_form():
    assert redacted_text("Zoe\u0308") == "Zo\u00eb"


@settings(max_examples=150)
@given(st.text(max_size=60), st.sampled_from(CARDS[:1] + OPENERS[3:4]), st.text(max_size=60))
def test_a_secret_between_spaces_never_survives(before, secret, after):
    assert secret not in redacted_text(f"{before} . {secret} . {after}")


@pytest.mark.parametrize(
    "bait", ["eyJaaaaaaaa-", "1 ", "a@", "4111 ", "-----BEGIN A-----", "$argon2"]
)
def test_a_hostile_text_is_read_quickly(bait):
    began = time.process_time()
    redacted(bait * 100_000)
    assert time.process_time() - began < 2


PIECES = st.sampled_from(
    [
        *OPENERS,
        *CARDS,
        *READABLE,
        "Bearer " + "x" * 20,
        "http://a:b@c",
        "eyJ",
        "bop_",
        "4111",
        "A2" * 9,
    ]
)


@settings(max_examples=500)
@given(st.lists(PIECES | st.text("aZ09-_ .:/@$\n", max_size=20), max_size=4), st.integers(0, 30))
def test_the_quick_look_lets_nothing_through(pieces, cut):
    text = "".join(pieces)[cut:]
    assert without_secrets(text) == NUMBER.sub(_without_cards, SHAPES.sub(REDACTED, text))
