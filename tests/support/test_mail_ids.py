"""Ids and tokens of mails: read back when they are ours, nothing when they are not."""

import pytest

from portal.support.mail_ids import (
    Named,
    new_message_id,
    read_message_id,
    read_reply_address,
    reply_address,
    reply_token,
)
from tests.conftest import make_app

IDS = [1, 31, 32, 255, 256, 2**31, 2**53]


@pytest.mark.parametrize("ticket_id", IDS)
def test_what_was_given_out_is_read_back(app, ticket_id):
    assert read_message_id(new_message_id(ticket_id, 7)) == Named(ticket_id, 7)
    token = reply_token(ticket_id)
    assert read_reply_address(f"support+{token}@boxcostpro.test") == ticket_id
    assert read_reply_address(f"SUPPORT+{token.upper()}@boxcostpro.test") == ticket_id


def test_no_two_mails_have_the_same_id(app):
    assert new_message_id(1, 2) != new_message_id(1, 2)
    assert new_message_id(1).endswith("@localhost>")


@pytest.mark.parametrize("position", range(60))
def test_a_changed_message_id_is_not_ours(app, position):
    given = new_message_id(12, 34)
    names, signed = given.rpartition("@")[0], given.rpartition("@")[2]
    place = position % len(names)
    changed = names[:place] + ("1" if names[place] != "1" else "2") + names[place + 1 :]
    assert read_message_id(f"{changed}@{signed}") is None


@pytest.mark.parametrize(
    "text", ["", "<>", "<1@x.test>", "<t1.m2.x@y>", "<t1.m2.000000000000.0000000000000000@x.test>"]
)
def test_what_is_no_id_of_ours_names_nothing(app, text):
    assert read_message_id(text) is None


@pytest.mark.parametrize(
    "address",
    ["", "support@x.test", "support+t@x.test", "support+taa.00000000@x.test", "+tae.@x", "t1.2@x"],
)
def test_an_address_without_a_token_of_ours_names_nothing(app, address):
    assert read_reply_address(address) is None


def test_a_token_of_one_ticket_does_not_open_another(app):
    own, other = reply_token(1), reply_token(2)
    mixed = other.partition(".")[0] + "." + own.partition(".")[2]
    assert read_reply_address(f"support+{mixed}@x.test") is None


def test_without_a_mailbox_there_is_no_reply_address(app):
    assert reply_address(1) is None


def test_a_new_secret_keeps_what_the_old_one_signed(database, tmp_path):
    url = database.clone()
    old, new = "x1y2z3" * 8, "a4b5c6" * 8
    with make_app(url, tmp_path, SECRET_KEY=old).app_context():
        given, token = new_message_id(5, 6), reply_token(5)
    with make_app(url, tmp_path, SECRET_KEY=new, SECRET_KEY_FALLBACKS=old).app_context():
        assert read_message_id(given) == Named(5, 6)
        assert read_reply_address(f"s+{token}@x.test") == 5
        assert new_message_id(5, 6) != given
    with make_app(url, tmp_path, SECRET_KEY=new).app_context():
        assert (read_message_id(given), read_reply_address(f"s+{token}@x.test")) == (None, None)
