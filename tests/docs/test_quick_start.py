"""The story of README, word for word, against a real server."""

import re
import subprocess
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from portal.config import ROOT
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.models import User
from portal.entitlements.grants import grant_user_feature
from seeds.catalog import seed_catalog
from tests.conftest import make_app
from tests.databases import Server
from tests.processes import Portal

PAUSE = 'echo "--- granted"; read -r _\n'


def blocks() -> list[str]:
    story = (ROOT / "README.md").read_text().partition("## Quick start")[2].partition("\n## ")[0]
    return re.findall(r"```bash\n(.*?)```", story, re.DOTALL)


@pytest.fixture
def server(database: Server, tmp_path) -> Iterator[Portal]:
    with Portal(database.clone(), tmp_path) as found, found.server(workers=1):
        yield found


@pytest.fixture
def catalogued(server):
    app = make_app(server.database_url, server.folder)
    with app.app_context():
        seed_catalog()
        db.session.commit()
        yield app
        db.engine.dispose()


def grant() -> None:
    """What the reader does in the browser between the two blocks."""
    uma = db.session.scalars(sa.select(User)).one()
    grant_user_feature(by=SYSTEM, user=uma, feature_name="custom_reports", quota_limit=2)
    db.session.commit()


def told(server: Portal) -> str:
    """Both blocks in one shell, which waits in between until the grant is given."""
    before, after = blocks()
    shell = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", before + PAUSE + after],
        cwd=ROOT,
        env={**server.environ, "PORTAL": server.url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert shell.stdout is not None
    first = "".join(iter(shell.stdout.readline, "--- granted\n"))
    grant()
    rest, _ = shell.communicate("\n", timeout=60)
    assert shell.returncode == 0
    return first + "--- granted\n" + rest


def test_the_quick_start_does_what_it_says(server, catalogued):
    before, after = told(server).split("--- granted\n")
    assert '"allowed":false' in before
    assert "PLAN_LEVEL_TOO_LOW" in before
    check, first, second, again, third = after.strip().splitlines()
    assert '"allowed":true' in check
    assert '"remaining":1' in first
    assert '"remaining":0' in second
    assert again == second
    assert '"code":"quota_exceeded"' in third.replace(" ", "")
