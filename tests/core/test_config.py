"""Production starts with real keys or not at all."""

import base64

import pytest

from portal.config import UnsafeSettings, load_settings

KEY, OTHER_KEY = (base64.b64encode(bytes(range(n, n + 32))).decode() for n in (0, 1))
GOOD = {
    "PORTAL_ENV": "production",
    "PORTAL_DATABASE_URL": "postgresql://portal@db/portal",
    "PORTAL_SECRET_KEY": bytes(range(64, 96)).hex(),
    "PORTAL_TOKEN_PEPPER": bytes(range(96, 128)).hex(),
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
        ("TRUSTED_PROXIES", "10.0.0.0/8, 0.0.0.0/0"),
        ("TRUSTED_PROXIES", "::/0"),
        ("TRUSTED_HOSTS", "*"),
        ("TRUSTED_HOSTS", "portal.boxcostpro.test, https://portal.boxcostpro.test"),
        ("TRUSTED_HOSTS", "*.boxcostpro.test"),
        ("SECRET_KEY_FALLBACKS", "changeme"),
        ("SECRET_KEY_FALLBACKS", f"{KEY},short"),
        ("METRICS_TOKEN", "x"),
        ("METRICS_TOKEN", GOOD["PORTAL_SECRET_KEY"]),
        ("TOKEN_PEPPER", GOOD["PORTAL_SECRET_KEY"]),
        ("STRICT_TOTP", "ture"),
        ("STRICT_TOTP", "2"),
        ("LOG_LEVEL", "verbose"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "mysql://portal@db/portal"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///file:portal?mode=memory&uri=true"),
        ("DATABASE_URL", "postgresql+asyncpg://portal@db/portal"),
        ("MIGRATION_DATABASE_URL", "postgresql://h:port/x"),
        ("BASE_URL", "https://portal.boxcostpro.test?x=1"),
        ("BASE_URL", "https://portal.boxcostpro.test?"),
        ("BASE_URL", "https://portal.boxcostpro.test#x"),
        ("BASE_URL", "https://ann:pw@portal.boxcostpro.test"),
        ("BASE_URL", "https://portal.boxcostpro.test/portal"),
        ("BASE_URL", "https://portal.boxcostpro.test:99999"),
        ("BASE_URL", "https://portal.boxcostpro.test:0"),
        ("BASE_URL", "https://portal.boxcostpro.test:"),
        ("BASE_URL", "https://["),
        ("BASE_URL", "https://[1::2::3]"),
        ("BASE_URL", "https://por tal"),
        ("BASE_URL", "https://box_1.test"),
        ("BASE_URL", "https://[::1]:8443"),
        ("MAIL_URL", "smtp://["),
        ("AUDIT_ANCHOR_URL", "https://["),
    ],
)
def test_production_refuses_and_names_the_setting(tmp_path, name, value):
    with pytest.raises(UnsafeSettings, match=f"PORTAL_{name}"):
        production(tmp_path, **{name: value})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("STRICT_TOTP", "ja", "use 1, true, yes, on for on, 0, false, no, off for off"),
        ("LOG_LEVEL", "verbose", "use debug, info, warning or error"),
        ("DATABASE_URL", "sqlite://", "must name a file"),
        ("TRUSTED_HOSTS", "*", "use portal.example.com, or .example.com for all names below"),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "name the network of the proxy alone"),
        ("METRICS_TOKEN", "x", "leave it out, which closes /metrics"),
        ("TOKEN_PEPPER", GOOD["PORTAL_SECRET_KEY"], "the same as PORTAL_SECRET_KEY: make one"),
    ],
)
def test_a_refusal_says_what_to_do(tmp_path, name, value, words):
    with pytest.raises(UnsafeSettings, match=words) as refused:
        production(tmp_path, **{name: value})
    assert str(refused.value).count("\n- ") == 1


@pytest.mark.parametrize(
    ("word", "is_on"),
    [
        *((word, True) for word in ("1", "true", "Yes", "ON")),
        *((word, False) for word in ("", "0", "false", "No", "OFF")),
    ],
)
def test_a_switch_knows_the_words_for_on_and_off(tmp_path, word, is_on):
    assert production(tmp_path, STRICT_TOTP=word).strict_totp is is_on


def test_trusted_hosts_are_names_or_all_below_one_in_any_case(tmp_path):
    found = production(tmp_path, TRUSTED_HOSTS="Portal.test, .boxcostpro.test,10.0.0.1:8443")
    assert found.trusted_hosts == ("portal.test", ".boxcostpro.test", "10.0.0.1:8443")


@pytest.mark.parametrize("url", ["https://h:8443", "https://192.0.2.1:8443", "https://Box-1.test/"])
def test_an_address_may_have_a_port_and_any_plain_host(tmp_path, url):
    assert production(tmp_path, BASE_URL=url).base_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("sqlite:///portal.sqlite3", "sqlite:///{folder}/portal.sqlite3"),
        (
            "sqlite:///data/a b%.sqlite3?timeout=3",
            "sqlite:///{folder}/data/a b%25.sqlite3?timeout=3",
        ),
        ("sqlite:////data/portal.sqlite3", "sqlite:////data/portal.sqlite3"),
        ("postgres://u:p%40@h/portal", "postgresql+psycopg://u:p%40@h/portal"),
    ],
)
def test_a_relative_file_lies_in_the_instance_folder_for_everybody(tmp_path, given, read):
    found = production(tmp_path, DATABASE_URL=given)
    assert found.database_url == read.format(folder=tmp_path)
    assert found.migration_database_url == found.database_url


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
