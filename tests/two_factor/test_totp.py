"""Codes and keys as the standards and the apps have them."""

import base64
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from portal.two_factor.totp import cleaned, grouped, key_uri, match, new_secret, step_at
from portal.web.qr import qr_data_url, qr_svg

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "otp.json").read_text())
SECRET = base64.b32encode(VECTORS["secret_ascii"].encode()).decode()
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_counters_give_the_codes_of_rfc_4226():
    counters = range(len(VECTORS["hotp"]))
    assert [pyotp.HOTP(SECRET).at(count) for count in counters] == VECTORS["hotp"]


@pytest.mark.parametrize(("seconds", "code"), list(VECTORS["totp_sha1_6"].items()))
def test_instants_give_the_codes_of_rfc_6238(seconds, code):
    at = datetime.fromtimestamp(int(seconds), UTC)
    if step_at(at) >= 10:  # the hint looks ten steps back
        assert match(SECRET, code, at=at).step == int(seconds) // 30
    assert pyotp.HOTP(SECRET).at(step_at(at)) == code


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_one_step_either_side_is_accepted(off):
    code = pyotp.HOTP(SECRET).at(step_at(NOON) + off)
    assert match(SECRET, code, at=NOON).step == step_at(NOON) + off


@pytest.mark.parametrize("off", [-1, 1])
def test_the_strict_setting_takes_the_present_step_alone(off):
    code = pyotp.HOTP(SECRET).at(step_at(NOON) + off)
    assert match(SECRET, code, at=NOON, is_strict=True).step is None


@pytest.mark.parametrize("off", [-10, -2, 2, 10])
def test_a_code_of_a_wrong_clock_is_refused_and_recognised(off):
    code = pyotp.HOTP(SECRET).at(step_at(NOON) + off)
    found = match(SECRET, code, at=NOON)
    assert (found.step, found.steps_off) == (None, off)


@pytest.mark.parametrize("off", [-11, 11])
def test_a_code_from_farther_away_is_only_wrong(off):
    found = match(SECRET, pyotp.HOTP(SECRET).at(step_at(NOON) + off), at=NOON)
    assert (found.step, found.steps_off) == (None, None)


def test_spaces_in_a_code_do_not_matter():
    assert cleaned(" 123 456 ") == "123456"


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "12345a", "-12345", "１２３４５６", "٣٤٥٦٧٨"]
)
def test_only_six_ascii_digits_are_a_code(typed):
    assert cleaned(typed) is None
    assert match(SECRET, typed, at=NOON).step is None


@given(st.text(max_size=60))
def test_nothing_that_can_be_typed_breaks_the_check(typed):
    code = cleaned(typed)
    assert code is None or re.fullmatch("[0-9]{6}", code, re.ASCII)
    match(SECRET, typed, at=NOON)


def test_a_secret_has_160_bits_and_no_padding():
    secret = new_secret()
    assert len(base64.b32decode(secret)) == 20
    assert "=" not in secret
    assert secret != new_secret()


def test_the_key_address_is_what_apps_expect():
    uri = key_uri(SECRET, email="bea+x@boxcost.test", brand="Box: Cost Pro")
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/Box Cost Pro:bea+x@boxcost.test"
    assert "+" not in uri
    assert "Box%20Cost%20Pro" in uri
    assert parse_qs(parts.query) == {
        "secret": [SECRET],
        "issuer": ["Box Cost Pro"],
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "period": ["30"],
    }


def test_the_secret_is_shown_in_groups_of_four():
    assert grouped("ABCDEFGHIJ") == "ABCD EFGH IJ"


def test_a_camera_reads_the_picture():
    uri = key_uri(SECRET, email="bea@boxcostpro.test", brand="BoxCostPro")
    assert [found.text for found in zxingcpp.read_barcodes(drawn(qr_svg(uri)))] == [uri]


def drawn(svg: str, scale: int = 5) -> Image.Image:
    """The picture as pixels: its path is runs of one row each."""
    size = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    picture = Image.new("L", (size * scale, size * scale), 255)
    draw = ImageDraw.Draw(picture)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", svg):
        left, top = int(x) * scale, int(y) * scale
        draw.rectangle((left, top, left + int(width) * scale - 1, top + scale - 1), fill=0)
    return picture


def test_the_picture_is_inline_and_keeps_its_quiet_zone():
    url = qr_data_url("otpauth://totp/x")
    svg = base64.b64decode(url.removeprefix("data:image/svg+xml;base64,")).decode()
    runs = [(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h\d+v1h-", svg)]
    assert min(x for x, _ in runs) == min(y for _, y in runs) == 4
