"""What a worker begins without."""

import subprocess
import sys

import pytest
from flask import url_for

from portal.config import ROOT
from tests.conftest import make_app

SELDOM = {"holidays", "webauthn", "zxcvbn"}
"""Libraries that few requests need, and that take 5 to 17 MiB of each process."""

pytestmark = pytest.mark.one_database


def test_what_few_requests_need_is_loaded_by_the_first_that_does():
    command = [sys.executable, "-c", "import sys, portal; print(*sys.modules)"]
    begun = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    loaded = set(begun.stdout.split())
    assert "portal.two_factor.pages.passkeys" in loaded
    assert not SELDOM & loaded


def compiled(app):
    """Routes of which Werkzeug has made the code that builds their addresses."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule._build_unknown.__code__.co_filename == "<werkzeug routing>"
    }


def test_an_address_is_compiled_when_it_is_first_built(tmp_path):
    app = make_app(f"sqlite:///{tmp_path / 'none.sqlite3'}", tmp_path)
    assert compiled(app) == set()
    with app.test_request_context():
        addresses = [url_for("staff.sign_in", next="/a b") for _ in range(2)]
    assert addresses == ["/sign-in?next=/a+b"] * 2
    assert compiled(app) == {"staff.sign_in"}
