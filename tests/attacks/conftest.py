"""A real server with several processes and threads, which the attackers of this folder reach."""

import os
from collections.abc import Iterator

import pytest
from flask import Flask

from portal.core.database import db
from tests.attacks.ground import Ground
from tests.conftest import make_app
from tests.databases import Server
from tests.processes import Portal


@pytest.fixture(scope="session")
def attack_rounds() -> int:
    """How often each race is run: once in `make test`, more often in `make attack`."""
    return int(os.environ.get("PORTAL_ATTACK_ROUNDS", "1"))


@pytest.fixture(scope="session")
def portal(database: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One server for all that attack one kind of database."""
    folder = tmp_path_factory.mktemp("attacked")
    with Portal(database.clone(), folder) as found, found.server():
        yield found


@pytest.fixture(scope="session")
def inside(portal: Portal) -> Iterator[Flask]:
    """An application on the same database, to prepare people and to look at the rows."""
    app = make_app(portal.database_url, portal.folder)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def behind_a_proxy(database: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A second portal, which believes what a proxy on this machine says of its callers."""
    folder = tmp_path_factory.mktemp("proxied")
    with (
        Portal(database.clone(), folder, TRUSTED_PROXIES="127.0.0.0/8") as found,
        found.server() as server,
    ):
        app = make_app(found.database_url, folder)
        yield Ground(found, app, is_thorough=False, server=server)
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="session")
def attacked(portal: Portal, inside: Flask, attack_rounds: int) -> Ground:
    return Ground(portal, inside, is_thorough=attack_rounds > 1)


@pytest.fixture
def proxied(behind_a_proxy: Ground) -> Iterator[Ground]:
    """The same, with no failures on record."""
    behind_a_proxy.forget_failures()
    yield behind_a_proxy
    behind_a_proxy.hang_up()


@pytest.fixture
def ground(attacked: Ground) -> Iterator[Ground]:
    """The portal under attack, with no failures on record."""
    attacked.forget_failures()
    yield attacked
    attacked.hang_up()
