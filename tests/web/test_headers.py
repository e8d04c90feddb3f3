"""Every answer carries its headers: pages, errors, redirects, JSON."""

import pytest

from portal.web import urls
from portal.web.headers import ALWAYS
from portal.web.urls import static_url
from tests.conftest import make_app

HASHED = static_url("portal.css")
ADDRESSES = ("/sign-in", "/", "/nothing-here", "/api/nothing", "/healthz", "/staff/999", "/metrics")


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_has_the_headers(ann_client, address):
    answer = ann_client.get(address)
    for name, value in ALWAYS.items():
        assert answer.headers[name] == value
    assert "no-store" in answer.headers["Cache-Control"]
    assert {"Cookie", "HX-Request"} <= set(answer.headers["Vary"].replace(" ", "").split(","))
    assert answer.headers["X-Request-ID"]


def test_a_hashed_file_may_be_kept_for_ever(client):
    with client.get(HASHED) as kept, client.get("/static/portal.css") as asked:
        assert "immutable" in kept.headers["Cache-Control"]
        assert asked.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "address", ["/static/portal.css?v=", f"{HASHED}0", "/static/portal.css?v=1"]
)
def test_a_version_that_is_not_the_files_own_is_kept_by_nobody(client, address):
    with client.get(address) as asked:
        assert asked.headers["Cache-Control"] == "no-cache"


def test_a_file_by_another_spelling_of_its_path_is_no_crash(client):
    address = HASHED.replace("/static/", "/static/none/../")
    with client.get(address) as asked:
        assert asked.status_code == 200
        assert "immutable" in asked.headers["Cache-Control"]


def test_a_file_that_an_upgrade_changed_is_kept_by_nobody(client, monkeypatch):
    monkeypatch.setattr(urls, "_changed_at", lambda _path: 0)
    with client.get(HASHED) as asked:
        assert asked.headers["Cache-Control"] == "no-cache"


def test_the_hash_of_another_file_is_no_version(client):
    version = HASHED.partition("?")[2]
    with client.get(f"/static/audit.css?{version}") as asked:
        assert asked.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("address", ["/static/none.js?v=1", "/static/none.js"])
def test_a_file_that_is_missing_is_kept_by_nobody(ann_client, address):
    answer = ann_client.get(address)
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Cookie" in answer.headers["Vary"]


def test_a_file_that_did_not_change_is_kept_on(client):
    with client.get(HASHED) as first:
        tag = first.headers["ETag"]
    with client.get(HASHED, headers={"If-None-Match": tag}) as again:
        assert again.status_code == 304
        assert "immutable" in again.headers["Cache-Control"]


def test_https_is_demanded_from_then_on_only_where_it_is_spoken(client, tmp_path):
    assert "Strict-Transport-Security" not in client.get("/sign-in").headers
    url = f"sqlite:///{tmp_path / 'unused.sqlite3'}"
    secure = make_app(url, tmp_path, BASE_URL="https://portal.boxcostpro.test")
    answer = secure.test_client().get("/healthz", base_url="https://portal.boxcostpro.test")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    assert "upgrade-insecure-requests" in answer.headers["Content-Security-Policy"]


def test_a_strange_host_is_refused(client):
    assert client.get("/sign-in", headers={"Host": "evil.test"}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Referer": "https://evil.test/x"},
        {"Origin": "http://["},
        {"Referer": "http://["},
    ],
)
def test_a_form_of_another_site_is_refused_even_with_a_token(ann_client, headers):
    data = {"csrf_token": ann_client.form_token(), "theme": "dark"}
    assert ann_client.post("/account/theme", data=data, headers=headers).status_code in {400, 403}


@pytest.mark.parametrize("token", [None, "", "rubbish"])
def test_a_form_without_its_token_is_refused(ann_client, token):
    data = {"theme": "dark"} | ({"csrf_token": token} if token is not None else {})
    answer = ann_client.post("/account/theme", data=data, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code in {400, 403}


def test_the_token_of_another_session_is_refused(ann_client, mo_client):
    data = {"csrf_token": mo_client.form_token(), "theme": "dark"}
    assert ann_client.post("/account/theme", data=data).status_code in {400, 403}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_the_api_takes_json_alone(ann_client, kind):
    headers = {"X-CSRFToken": ann_client.form_token()}
    answer = ann_client.post(
        "/api/admin/2fa/verify", data='{"totp_code": "1"}', content_type=kind, headers=headers
    )
    assert answer.status_code == 415
