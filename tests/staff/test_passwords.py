"""What makes a password good enough, and that every character of it counts."""

import pytest

from portal.staff.passwords import WeakPassword, check_new_password, hash_password, verify_password

GOOD = "quartz lamp 7 violins under the bridge"


def long_one(length):
    return (GOOD + "".join(chr(0x400 + n % 200) for n in range(300)))[:length]


@pytest.mark.parametrize("length", [15, 64, 72, 73, 256])
def test_lengths_within_the_limits_are_taken(app, length):
    check_new_password(long_one(length))
    stored = hash_password(long_one(length))
    assert verify_password(long_one(length), stored)
    assert not verify_password(long_one(length)[:-1] + "x", stored)


@pytest.mark.parametrize("length", [14, 257, 100_000])
def test_lengths_beyond_the_limits_are_refused(app, length):
    with pytest.raises(WeakPassword, match="characters"):
        check_new_password(long_one(14) if length == 14 else "a1 Zq" * (length // 5 + 1))


@pytest.mark.parametrize(
    "password",
    ["passwordpassword", "boxcostproboxcostpro", "bea.agent@boxcostpro.test", "1234567890123456"],
)
def test_what_attackers_try_first_is_refused(app, password):
    with pytest.raises(WeakPassword):
        check_new_password(password, context=["bea.agent@boxcostpro.test", "Bea Agent"])


def test_two_ways_to_write_an_accent_are_one_password(app):
    assert verify_password("cafe\u0301 " + GOOD, hash_password("caf\u00e9 " + GOOD))


def test_space_at_the_ends_counts(app):
    assert not verify_password(GOOD, hash_password(" " + GOOD))


@pytest.mark.parametrize("password", ["", "\x00", "\ud800", "a" * 100_000])
def test_strange_input_is_merely_wrong(app, password):
    assert not verify_password(password, hash_password(GOOD))
    assert not verify_password(password, None)


def test_a_lone_surrogate_cannot_be_chosen(app):
    with pytest.raises(WeakPassword):
        check_new_password(GOOD + "\ud800")
