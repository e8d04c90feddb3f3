"""What a worker begins without."""

import subprocess
import sys

import pytest

from portal.config import ROOT

SELDOM = {"holidays", "webauthn", "zxcvbn"}
"""Libraries that few requests need, and that take 5 to 17 MiB of each process."""

pytestmark = pytest.mark.one_database


def test_what_few_requests_need_is_loaded_by_the_first_that_does():
    command = [sys.executable, "-c", "import sys, portal; print(*sys.modules)"]
    begun = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    loaded = set(begun.stdout.split())
    assert "portal.two_factor.pages.passkeys" in loaded
    assert not SELDOM & loaded
