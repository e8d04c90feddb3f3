"""kill -9 of the server or the worker at seeded points of a busy day: nothing promised is lost."""

import itertools
import os
import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from portal.core import clock
from portal.core.database import db
from portal.mail.models import EmailLog, MailStatus
from portal.staff.passwords import hash_password
from tests.cast import PASSWORD, make_admin
from tests.conftest import make_app
from tests.databases import let_all_come_again
from tests.durability.books import faults_in_the_books
from tests.durability.crowd import Crowd
from tests.durability.receiver import Moment, Receiver
from tests.processes import Portal, Process

pytestmark = [pytest.mark.race, pytest.mark.attack]
SEED = 20261123
FEWEST_POINTS = 4
PEOPLE_AT_ONCE = 25
SECONDS_TO_CATCH = 60
UNFINISHED = (MailStatus.QUEUED, MailStatus.SENDING)
# Who dies, and where. A worker is caught while it talks to the mail server, or between.
VICTIMS = ("server", Moment.AFTER_DATA, "server", Moment.BEFORE_DATA, "worker")


@pytest.fixture
def points() -> int:
    """Four points of death in `make test`; `make attack` asks for twenty."""
    return max(FEWEST_POINTS, int(os.environ.get("PORTAL_ATTACK_ROUNDS", "1")))


def test_killing_the_server_or_the_worker_loses_nothing_acknowledged(database, tmp_path, points):
    url = database.clone()
    with Receiver() as receiver, Portal(url, tmp_path, MAIL_URL=receiver.url) as portal:
        app = make_app(url, tmp_path, MAIL_URL=receiver.url, BASE_URL=portal.url)
        with app.app_context():
            let_all_come_again(clock.now())
            db.session.commit()
        crowd = Crowd(portal.port, newcomers(app))
        with portal.server() as server, portal.worker() as worker, crowd:
            day = Day(server, worker, receiver, crowd)
            for victim, deeds in seeded(points):
                day.strike(victim, deeds)
        settle(app)
        with app.app_context():
            assert crowd.promises.refused == []
            assert faults_in_the_books(crowd.promises.kept, receiver.arrived) == []
            db.engine.dispose()


def newcomers(app: Flask) -> Iterator[str]:
    """As many people as the day lasts: a slow start of one process keeps the crowd busy longer."""
    for first in itertools.count(0, PEOPLE_AT_ONCE):
        with app.app_context():
            password = hash_password(PASSWORD)
            numbers = range(first, first + PEOPLE_AT_ONCE)
            people = [make_admin(f"p{n} Cast", password_hash=password) for n in numbers]
            emails = [person.email for person in people]
            db.session.commit()
        yield from emails


def seeded(points: int) -> list[tuple[str, int]]:
    """Whom to strike, and after how many more deeds were begun."""
    chance = random.Random(SEED)
    return [(VICTIMS[n % len(VICTIMS)], chance.randint(3, 12)) for n in range(points)]


class Day:
    """The processes of one installation, and how each of them dies."""

    def __init__(self, server: Process, worker: Process, receiver: Receiver, crowd: Crowd) -> None:
        self.server = server
        self.worker = worker
        self.receiver = receiver
        self.crowd = crowd

    def strike(self, victim: str, deeds: int) -> None:
        self.crowd.promises.wait_for(deeds)
        if victim == "server":
            self.replace(self.server)
        elif victim == "worker":
            self.replace(self.worker)
        else:
            self.receiver.set_trap(Moment(victim))
            assert self.receiver.caught.wait(SECONDS_TO_CATCH), self.worker.last_words()
            self.replace(self.worker)
            self.receiver.release()

    def replace(self, process: Process) -> None:
        process.kill()
        process.start()


def settle(app: Flask) -> None:
    """Let leases run out and later attempts come, until every mail has met its fate."""
    runner = app.test_cli_runner()
    for hours in range(1, 30):
        with time_machine.travel(clock.now() + timedelta(hours=hours), tick=True):
            done = runner.invoke(args=["worker", "--once"])
        assert done.exit_code == 0, done.output
        with app.app_context():
            if not db.session.scalar(sa.select(sa.exists().where(EmailLog.status.in_(UNFINISHED)))):
                return
    pytest.fail("mails are still waiting after a day")
