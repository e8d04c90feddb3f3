"""What the tests of the catalogue share."""

import pytest
from markupsafe import Markup

from portal.catalog import effects
from tests.staff.conftest import statements  # noqa: F401 - a fixture


@pytest.fixture
def effect(monkeypatch):
    """In place of the room above: it says what would change, and keeps what it was asked."""
    asked = []

    def preview(now, draft):
        asked.append((now, draft))
        return Markup("<p>412 users in 37 tenants lose it</p>")

    monkeypatch.setattr(effects, "_previews", [preview])
    return asked


@pytest.fixture
def no_effect(monkeypatch):
    """Nobody above counts customers."""
    monkeypatch.setattr(effects, "_previews", [])
