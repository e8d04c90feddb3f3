"""Whose address is it? Only a trusted proxy may say."""

import pytest

from portal.web.addresses import block_of, client_address, network_of
from tests.conftest import make_app

PROXY = "10.0.0.1"


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proxied")
    url = f"sqlite:///{folder / 'unused.sqlite3'}"
    return make_app(url, folder, TRUSTED_PROXIES="10.0.0.0/8,::1")


def seen(app, forwarded, peer=PROXY):
    values = {"REMOTE_ADDR": peer}
    with app.test_request_context(headers={"X-Forwarded-For": forwarded}, environ_base=values):
        return client_address()


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.2.3.4", "203.0.113.9"),
        ("10.9.9.9, 10.2.3.4", "10.9.9.9"),
        ("203.0.113.9, rubbish", PROXY),
        ("1.1.1.1, rubbish, 10.2.3.4", "10.2.3.4"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:DB8::1", "2001:db8::1"),
        ("", PROXY),
        ("1.1.1.1," * 2000, PROXY),
        ("1.1.1.1," * 2000 + "203.0.113.9", "203.0.113.9"),
        ("1" * 5000, PROXY),
        ("203.0.113.1" + "3," + "10.2.3.4," * 110 + "10.2.3.45", "10.2.3.4"),
    ],
)
def test_a_trusted_proxy_is_believed_from_the_right(proxied, forwarded, expected):
    assert seen(proxied, forwarded) == expected


def test_a_stranger_cannot_name_an_address(proxied):
    assert seen(proxied, "1.1.1.1", peer="203.0.113.9") == "203.0.113.9"


def test_a_peer_without_an_address_has_none(proxied):
    assert seen(proxied, "1.1.1.1", peer="") is None


@pytest.fixture(scope="module")
def behind_a_socket(tmp_path_factory):
    folder = tmp_path_factory.mktemp("socket")
    url = f"sqlite:///{folder / 'unused.sqlite3'}"
    return make_app(url, folder, TRUSTED_PROXIES="unix, 10.0.0.0/8")


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [("1.1.1.1, 203.0.113.9", "203.0.113.9"), ("203.0.113.9, 10.2.3.4", "203.0.113.9")],
)
def test_a_proxy_behind_a_unix_socket_is_believed_when_it_is_named(
    behind_a_socket, forwarded, expected
):
    assert seen(behind_a_socket, forwarded, peer="") == expected


def test_behind_a_unix_socket_only_the_proxy_can_tell(behind_a_socket):
    assert seen(behind_a_socket, "", peer="") is None
    assert seen(behind_a_socket, "rubbish", peer="") is None
    assert seen(behind_a_socket, "1.1.1.1", peer="rubbish") is None
    assert seen(behind_a_socket, "1.1.1.1", peer="203.0.113.9") == "203.0.113.9"


def test_a_subscriber_counts_as_one():
    assert block_of("203.0.113.9") == "203.0.113.9"
    assert block_of("2001:db8::1") == block_of("2001:db8::2") == "2001:db8::/64"
    assert block_of("::ffff:203.0.113.9") == "203.0.113.9"
    assert block_of(None) == block_of("rubbish") == "unknown"


def test_neighbours_count_together():
    assert network_of("203.0.113.9") == network_of("203.0.113.200") == "203.0.113.0/24"
    assert network_of("2001:db8::1") == "2001:db8::/64"
    assert network_of(None) == network_of("rubbish") == "unknown"
