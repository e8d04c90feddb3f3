"""What is sealed opens with its key, for its purpose, and unchanged."""

import base64

import pytest

from portal.core.sealing import CannotUnseal, key_id, seal, unseal
from tests.conftest import make_app

OLD = "k1:" + base64.b64encode(bytes(range(32))).decode()
NEW = "k2:" + base64.b64encode(bytes(range(32, 64))).decode()


def keyed(tmp_path, keys):
    return make_app(f"sqlite:///{tmp_path / 'unused.sqlite3'}", tmp_path, DATA_KEYS=keys)


def test_the_newest_key_seals_and_the_older_one_still_opens(tmp_path):
    with keyed(tmp_path, OLD).app_context():
        old = seal(b"canary", purpose="row 1")
    with keyed(tmp_path, f"{NEW},{OLD}").app_context():
        assert unseal(old, purpose="row 1") == b"canary"
        assert (key_id(old), key_id(seal(b"", purpose="row 1"))) == ("k1", "k2")


def test_the_same_text_is_never_sealed_alike(tmp_path):
    with keyed(tmp_path, OLD).app_context():
        first, second = seal(b"canary", purpose="a"), seal(b"canary", purpose="a")
    assert first != second
    assert b"canary" not in first


@pytest.mark.parametrize("harm", [lambda b: b[:-1] + bytes([b[-1] ^ 1]), lambda b: b[:6]])
def test_changed_bytes_do_not_open(tmp_path, harm):
    with keyed(tmp_path, OLD).app_context():
        sealed = seal(b"canary", purpose="a")
        with pytest.raises(CannotUnseal):
            unseal(harm(sealed), purpose="a")


def test_a_seal_on_another_row_does_not_open(tmp_path):
    with keyed(tmp_path, OLD).app_context():
        sealed = seal(b"canary", purpose="row 1")
        with pytest.raises(CannotUnseal):
            unseal(sealed, purpose="row 2")


def test_an_unknown_key_is_named(tmp_path):
    with keyed(tmp_path, OLD).app_context():
        sealed = seal(b"canary", purpose="a")
    with keyed(tmp_path, NEW).app_context(), pytest.raises(CannotUnseal, match="k1"):
        unseal(sealed, purpose="a")
