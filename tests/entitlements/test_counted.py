"""The list of features brings its counters along in one statement, and is never out of date."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from portal.catalog.plans import plan_named
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.quick import Lines
from portal.core.roles import Role
from portal.customers.bearer import token_query
from portal.customers.token_text import public_id_of
from portal.customers.tokens import issue_service_token, issue_user_token
from portal.entitlements import writing
from portal.entitlements.counted import COUNTS, counts_in
from portal.entitlements.grants import grant_user_feature
from portal.entitlements.reservations import reserve_quota
from portal.entitlements.topups import top_up
from portal.subscriptions.assignments import assign_plan
from tests.cast import actor, make_admin, make_tenant, make_user
from tests.conftest import make_app
from tests.entitlements.shop import Shop, make_shop

ME = "/api/entitlements/me"
Ask = Callable[[], dict[str, Any]]


class Floor:
    """Acme's shop on real transactions, and the list as two processes answer it for Uma."""

    def __init__(self, shop: Shop, processes: tuple[Flask, Flask]) -> None:
        self.shop, self.processes = shop, processes
        self.token = token_of(shop.uma)

    def lists(self) -> list[dict[str, Any]]:
        return [self.limits(app) for app in self.processes]

    def limits(self, app: Flask) -> dict[str, Any]:
        items = self.ask(app, "get", f"{ME}/features").get_json()["items"]
        return {item["feature_name"]: item["limit"] for item in items}

    def ask(self, app: Flask, method: str, path: str, **more: Any):
        headers = {"Authorization": f"Bearer {self.token}"}
        return getattr(app.test_client(), method)(path, headers=headers, **more)

    def used(self, feature_name: str = "quotes") -> list[int]:
        return [found[feature_name]["used"] for found in self.lists()]


def token_of(user) -> str:
    """A user's, that outlives every period."""
    issued = issue_user_token(by=SYSTEM, user=user, expires_in=timedelta(hours=1))
    issued.row.expires_at = clock.now() + timedelta(days=400)
    db.session.commit()
    return issued.text


@pytest.fixture
def floor(own_app: Flask, tmp_path) -> Iterator[Floor]:
    with own_app.app_context():
        other = make_app(db.engine.url.render_as_string(hide_password=False), tmp_path)
        yield Floor(make_shop(), (own_app, other))
        db.session.remove()
    with other.app_context():
        db.engine.dispose()


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    """What went to the database past the session."""
    statements, fetch = [], Lines.fetch

    def noting(lines, text, parameters):
        statements.append(text)
        return fetch(lines, text, parameters)

    monkeypatch.setattr(Lines, "fetch", noting)
    return statements


def test_a_process_that_knows_the_user_asks_once(floor, sent):
    floor.lists()
    floor.shop.use()
    del sent[:]
    assert floor.used() == [1, 1]
    assert len(sent) == len(floor.processes)
    assert all("quota_buckets" in text and "api_tokens" in text for text in sent)


def test_other_questions_do_not_pay_for_the_counters(floor, sent):
    floor.lists()
    del sent[:]
    body = {"feature_name": "reports"}
    assert floor.ask(floor.processes[0], "post", f"{ME}/check-access", json=body).status_code == 200
    assert ["quota_buckets" in text for text in sent] == [False]


def test_an_unchanged_list_is_not_written_again(floor, monkeypatch):
    floor.shop.use()
    before = floor.lists()
    monkeypatch.setattr(writing, "_encode", lambda _: pytest.fail("written again"))
    assert floor.lists() == before


def test_every_use_is_seen_by_the_next_answer_of_every_process(floor):
    for number in range(4):
        assert floor.used() == [number, number]
        floor.shop.use()
        db.session.commit()


def reserve(shop: Shop) -> None:
    reserve_quota(user_id=shop.uma.id, feature_name="quotes", amount=4, idempotency_key="r")


def add(shop: Shop) -> None:
    by = actor(make_admin("Ann Admin", Role.ADMIN))
    top_up(by=by, tenant=shop.acme, feature_name="quotes", amount=5)


def give(shop: Shop) -> None:
    grant_user_feature(by=SYSTEM, user=shop.uma, feature_name="quotes", quota_limit=100)


@pytest.mark.parametrize(
    ("deed", "feature_name", "remaining"),
    [
        (reserve, "quotes", 6),
        (add, "quotes", 15),
        (give, "quotes", 100),
        (lambda shop: make_user(shop.acme, "Otto Other"), "multi_user", 1),
    ],
)
def test_whatever_else_changes_what_is_left_is_seen_too(floor, deed, feature_name, remaining):
    before = [found[feature_name]["remaining"] for found in floor.lists()]
    deed(floor.shop)
    db.session.commit()
    after = [found[feature_name]["remaining"] for found in floor.lists()]
    assert before[0] == before[1] != remaining
    assert after == [remaining, remaining]


def test_a_use_that_is_undone_is_not_shown(floor):
    floor.lists()
    floor.shop.use()
    assert floor.shop.bucket().used == 1
    db.session.rollback()
    assert floor.used() == [0, 0]


def test_a_list_ends_with_its_period(floor):
    floor.shop.use("calls")
    assert floor.used("calls") == [1, 1]
    end = floor.shop.bucket("calls").period_end
    for instant, used in ((end - timedelta(seconds=1), 1), (end, 0)):
        with time_machine.travel(instant, tick=False):
            assert floor.used("calls") == [used, used]


def test_a_clock_that_lags_behind_keeps_nothing_of_another_period(floor):
    floor.shop.use("calls")
    end = floor.shop.bucket("calls").period_end
    with time_machine.travel(end, tick=False):
        floor.shop.use("calls", amount=2)
        db.session.commit()
    for seconds, used in ((1, 2), (-1, 0), (0, 2)):
        with time_machine.travel(end + timedelta(seconds=seconds), tick=False):
            assert floor.used("calls") == [used, used]


def test_a_period_in_which_nothing_was_used_ends_too(floor):
    first = floor.lists()[0]["calls"]["period"]
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        second = floor.lists()[0]["calls"]["period"]
    assert second[0] == first[1]


def test_a_list_ends_with_a_top_up(floor):
    by, end = actor(make_admin("Ann Admin", Role.ADMIN)), clock.now() + timedelta(hours=1)
    top_up(by=by, tenant=floor.shop.acme, feature_name="mails", amount=5, expires_at=end)
    assert [found["mails"]["limit"] for found in floor.lists()] == [15, 15]
    with time_machine.travel(end, tick=False):
        assert [found["mails"]["limit"] for found in floor.lists()] == [10, 10]


def test_a_list_ends_with_what_is_held(floor):
    shop, second = floor.shop, timedelta(seconds=1)
    with time_machine.travel(clock.now(), tick=False):
        reserve(shop)
        db.session.commit()
        assert [found["quotes"]["remaining"] for found in floor.lists()] == [6, 6]
        end = shop.events("reserve")[0].expires_at
        for instant, left in ((end - second, 6), (end, 10)):
            with time_machine.travel(instant, tick=False):
                assert [found["quotes"]["remaining"] for found in floor.lists()] == [left, left]


@pytest.fixture
def strangers(floor) -> None:
    """Another user of Acme, and one of Birch on the same plan, who both used something."""
    otto, birch = make_user(floor.shop.acme, "Otto Other"), make_tenant("Birch")
    assign_plan(by=SYSTEM, tenant=birch, plan=plan_named("metered"))
    bo = make_user(birch, "Bo Birch")
    for user in (otto, bo):
        grant_user_feature(by=SYSTEM, user=user, feature_name="quotes", quota_limit=50)
        db.session.commit()
        floor.shop.use(user_id=user.id, amount=3)
    floor.shop.use("calls", user_id=bo.id, amount=7)
    db.session.commit()


@pytest.mark.usefixtures("strangers")
def test_what_others_have_used_does_not_come_along(floor):
    floor.shop.use("calls", amount=2)
    db.session.commit()
    assert (floor.used("quotes"), floor.used("calls")) == ([0, 0], [2, 2])
    found = brought_by(floor.token)
    assert {name: [each.used for each in rows] for name, rows in found.by_feature().items()} == {
        "calls": [2]
    }
    assert found.seats == 2


@pytest.mark.usefixtures("strangers")
def test_a_token_of_no_tenant_brings_no_counters(floor):
    scopes = ["entitlements:check"]
    token = issue_service_token(by=SYSTEM, name="Product", scopes=scopes).text
    db.session.commit()
    found = brought_by(token)
    assert (found.seats, found.by_feature()) == (0, {})


def brought_by(token: str):
    query, values = token_query(*COUNTS), {"public_id": public_id_of(token), "now": clock.now()}
    return counts_in(query.committed_row(**values))
