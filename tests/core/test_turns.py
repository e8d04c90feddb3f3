"""Lists that may not grow beyond a limit, and many who add to them at once: real threads."""

from collections.abc import Callable, Collection
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from portal.audit import views
from portal.audit.alerting import rules
from portal.audit.models import StreamFormat, StreamKind
from portal.audit.streaming import streams
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.roles import Role
from portal.support import views as desk_views
from tests.cast import actor, make_admin
from tests.staff.test_races import together
from tests.support.test_level_races import in_turn

pytestmark = pytest.mark.race
AT_ONCE = 8
SIEM = {"name": "SIEM", "kind": StreamKind.FILE, "format": StreamFormat.CANONICAL}


class Growing(NamedTuple):
    module: ModuleType
    limit: str
    add: Callable[[Actor, int], Any]
    read: Callable[[Actor], Collection[Any]]


def add_stream(by, number):
    terms = streams.StreamTerms(address=f"siem-{number}", **SIEM)
    streams.add_stream(by=by, terms=terms, from_beginning=False)


def add_rule(by, number):
    rules.create_rule(by=by, terms=rules.RuleTerms(name=f"Rule {number}", outcome="denied"))


def add_view(module, query, **whose):
    return lambda by, number: module.save_view(by=by, name=f"View {number}", query=query, **whose)


LISTS = {
    "streams": Growing(streams, "MOST_STREAMS", add_stream, lambda _: streams.all_streams()),
    "alert-rules": Growing(rules, "MOST_RULES", add_rule, lambda _: rules.all_rules()),
} | {
    f"{name}-{'of-all' if is_shared else 'of-one'}": Growing(
        module, "MOST_VIEWS", add_view(module, query, is_shared=is_shared), module.visible_views
    )
    for name, module, query in (
        ("views-of-the-log", views, "range=7d"),
        ("views-of-the-desk", desk_views, "is:open"),
    )
    for is_shared in (False, True)
}


@pytest.mark.parametrize("name", LISTS)
def test_the_last_place_is_given_once(own_app, monkeypatch, name):
    growing = LISTS[name]
    with own_app.app_context():
        mo = actor(make_admin("Mo", Role.MANAGER))
        growing.add(mo, AT_ONCE)
        db.session.commit()
        room = len(growing.read(mo)) + 1
    monkeypatch.setattr(growing.module, growing.limit, room)

    def add(number):
        return in_turn(own_app, partial(growing.add, mo, number))

    assert together(add, AT_ONCE).count(200) == 1
    with own_app.app_context():
        assert len(growing.read(mo)) == room
