"""How often one token may ask."""

from datetime import timedelta
from threading import Thread

import pytest
from flask import Flask

from portal.core import clock
from portal.customers.rates import MOST_WINDOWS, RateLimiter
from portal.customers.tokens import issue_service_token
from tests.cast import actor, make_admin
from tests.conftest import make_app
from tests.customers.test_bearer import ask


def test_a_window_lets_its_number_through_and_no_more():
    limiter = RateLimiter(3)
    answers = [limiter.take(1, 100.0 + second) for second in range(5)]
    assert [one.remaining for one in answers] == [2, 1, 0, 0, 0]
    assert [one.is_over for one in answers] == [False, False, False, True, True]
    assert answers[4].resets_in == 56


def test_the_next_window_starts_anew():
    limiter = RateLimiter(1)
    limiter.take(1, 100.0)
    assert limiter.take(1, 159.9).is_over
    assert not limiter.take(1, 160.0).is_over


def test_one_token_leaves_the_others_alone():
    limiter = RateLimiter(1)
    limiter.take(1, 100.0)
    assert not limiter.take(2, 100.0).is_over


def test_a_clock_that_was_set_back_opens_a_new_window():
    limiter = RateLimiter(1)
    limiter.take(1, 10_000.0)
    assert not limiter.take(1, 100.0).is_over
    assert limiter.take(1, 101.0).is_over


@pytest.mark.parametrize(("processes", "share"), [(1, 10), (3, 3), (100, 1)])
def test_processes_share_the_limit(processes, share):
    assert RateLimiter(10, processes).limit == share


def test_memory_does_not_grow_with_tokens():
    limiter = RateLimiter(5)
    for key in range(MOST_WINDOWS * 2 + 1):
        limiter.take(key, 100.0)
    assert len(limiter._windows) <= MOST_WINDOWS


def test_threads_do_not_let_more_through():
    limiter, passed = RateLimiter(1000), []

    def run():
        passed.append(sum(not limiter.take(1, 100.0).is_over for _ in range(500)))

    threads = [Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 1000


@pytest.fixture
def narrow(database, tmp_path) -> Flask:
    return make_app(database.clone(), tmp_path, TOKEN_RATE="2")


def test_answers_say_what_is_left_and_then_refuse(narrow: Flask):
    with narrow.app_context():
        ann = make_admin("Ann Admin", "admin")
        text = issue_service_token(by=actor(ann), name="X", scopes=["audit:read"]).text
        client = narrow.test_client()
        answers = [ask(client, text) for _ in range(3)]
        assert [one.status_code for one in answers] == [403, 403, 429]
        assert answers[0].headers["RateLimit-Policy"] == '"token";q=2;w=60'
        assert answers[0].headers["RateLimit"].startswith('"token";r=1;t=')
        over = answers[2]
        assert over.get_json()["code"] == "throttled"
        assert 0 < int(over.headers["Retry-After"]) <= 60
        assert over.headers["RateLimit"].startswith('"token";r=0;t=')


def test_a_new_minute_lets_a_throttled_token_in(narrow: Flask):
    with narrow.app_context():
        ann = make_admin("Ann Admin", "admin")
        text = issue_service_token(by=actor(ann), name="X", scopes=["audit:read"]).text
        client = narrow.test_client()
        assert [ask(client, text).status_code for _ in range(3)][-1] == 429
        limiter = narrow.extensions["portal_token_rates"]
        ends, used = limiter._windows.popitem()[1]
        assert used == 3
        assert ends > (clock.now() - timedelta(seconds=1)).timestamp()
        assert ask(client, text).status_code == 403


def test_people_have_no_window(ann_client):
    assert "RateLimit" not in ann_client.get("/api/admin/2fa/status").headers
