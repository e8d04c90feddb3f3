"""Ticks: asked for every second, beside the jobs, without a row."""

from threading import Event

import pytest

from portal.jobs import registry
from portal.jobs.registry import every_second
from portal.jobs.ticks import Ticker
from portal.jobs.worker import Worker

PATIENCE = 30


@pytest.fixture
def ticking(monkeypatch):
    """Without the ticks of the rooms."""
    monkeypatch.setattr(registry, "_ticks", [])
    return every_second


def test_a_worker_that_runs_once_ticks_until_nothing_is_left(own_app, ticking):
    answers = [True, True, False]
    ticking(lambda: answers.pop(0))
    Worker(own_app).run(once=True)
    assert answers == []


def test_a_tick_comes_while_a_job_runs(own_app, ticking):
    came = Event()
    ticking(lambda: came.set() or False)
    with Ticker(own_app).ticking():
        assert came.wait(PATIENCE)


def test_a_failing_tick_rests_and_holds_up_no_other(own_app, ticking):
    counts = {"bad": 0, "good": 0}

    def bad():
        counts["bad"] += 1
        raise ValueError

    def good():
        counts["good"] += 1
        return counts["good"] < 3

    ticking(bad)
    ticking(good)
    Ticker(own_app).tick_until_still()
    assert counts == {"bad": 1, "good": 3}
