"""Production starts with real keys or not at all."""

import base64
import secrets

import pytest

from portal.config import UnsafeSettings, load_settings

KEY, OTHER_KEY = (base64.b64encode(bytes(range(n, n + 32))).decode() for n in (0, 1))
GOOD = {
    "PORTAL_ENV": "production",
    "PORTAL_DATABASE_URL": "postgresql://portal@db/portal",
    "PORTAL_SECRET_KEY": secrets.token_hex(32),
    "PORTAL_TOKEN_PEPPER": secrets.token_hex(32),
    "PORTAL_DATA_KEYS": f"k1:{KEY}",
    "PORTAL_BASE_URL": "https://portal.boxcostpro.test",
    "PORTAL_MAIL_URL": "smtp://mail:25",
}


def production(tmp_path, **changed):
    values = {f"PORTAL_{name}": value for name, value in changed.items()}
    return load_settings({**GOOD, "PORTAL_INSTANCE_DIR": str(tmp_path), **values})


def test_production_starts_with_real_keys(tmp_path):
    found = production(tmp_path)
    assert found.is_production
    assert found.database_url.startswith("postgresql+psycopg://")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "changeme" * 8),
        ("SECRET_KEY", "ab" * 32),
        ("TOKEN_PEPPER", ""),
        ("DATA_KEYS", ""),
        ("DATA_KEYS", "k1:" + base64.b64encode(bytes(32)).decode()),
        ("DATA_KEYS", "k1:tooshort"),
        ("BASE_URL", "http://portal.boxcostpro.test"),
        ("BASE_URL", "portal"),
        ("MAIL_URL", ""),
        ("MAIL_URL", "http://mail"),
        ("TIMEZONE", "Mars/Olympus"),
        ("TRUSTED_PROXIES", "everybody"),
    ],
)
def test_production_refuses_and_names_the_setting(tmp_path, name, value):
    with pytest.raises(UnsafeSettings, match=f"PORTAL_{name}"):
        production(tmp_path, **{name: value})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (f"k1:{KEY},k1:{OTHER_KEY}", "names 2 keys 'k1'"),
        (f"k1:{KEY},k2:{OTHER_KEY},k1:{KEY}", "names 2 keys 'k1'"),
        (",", "is missing"),
        (f"kü:{KEY}", "is no name of a key"),
        (f"{'k' * 41}:{KEY}", "is no name of a key"),
        (f"k 1:{KEY}", "is no name of a key"),
        (f"a:b:{KEY}", "is no name of a key"),
        (f":{KEY}", "is no name of a key"),
        (KEY, "a key has no name"),
    ],
)
@pytest.mark.parametrize("env", ["production", "development"])
def test_data_keys_without_a_clear_name_are_refused(tmp_path, env, value, said):
    with pytest.raises(UnsafeSettings, match=f"PORTAL_DATA_KEYS.*{said}") as refused:
        production(tmp_path, ENV=env, DATA_KEYS=value)
    assert KEY not in str(refused.value)


def test_a_data_key_may_have_any_plain_name(tmp_path):
    longest = "K" * 38 + "_1"
    found = production(tmp_path, DATA_KEYS=f"{longest}:{KEY}, k-2:{OTHER_KEY}")
    assert [name for name, _ in found.data_keys] == [longest, "k-2"]


def test_every_fault_is_named_at_once(tmp_path):
    with pytest.raises(UnsafeSettings) as refused:
        production(tmp_path, SECRET_KEY="", TOKEN_PEPPER="", MAIL_URL="")
    assert str(refused.value).count("\n- ") == 3


def test_development_makes_its_own_keys_once_and_for_the_owner_alone(tmp_path):
    first = load_settings({"PORTAL_INSTANCE_DIR": str(tmp_path)})
    again = load_settings({"PORTAL_INSTANCE_DIR": str(tmp_path)})
    assert (first.secret_key, first.data_keys) == (again.secret_key, again.data_keys)
    files = list((tmp_path / "keys").iterdir())
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert len(files) == 3


def test_an_unknown_environment_is_refused(tmp_path):
    with pytest.raises(UnsafeSettings, match="PORTAL_ENV"):
        production(tmp_path, ENV="staging")


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_production_never_runs_with_the_debugger(tmp_path, value):
    with pytest.raises(UnsafeSettings, match="FLASK_DEBUG"):
        load_settings({**GOOD, "PORTAL_INSTANCE_DIR": str(tmp_path), "FLASK_DEBUG": value})
