"""Cursors that nobody was given, on every list of customers, the catalogue and entitlements."""

import pytest
from flask import url_for

from portal.core.database import db
from tests.cast import make_user, trusted

CURSORS = [
    ">x",
    ">s:a~i:1",
    ">i:1~s:a",
    ">s:a",
    ">i:99999999999999999999~i:1",
    ">dt:2020-01-01 00:00:00~i:1",
    "<dt:0001-01-01 00:00:00~i:1",
    ">dtz:0001-01-01 00:00:00+14:00~i:1",
    ">n~n",
    ">s:%00~s:a",
    ">s:a~s:b~i:1~i:2",
    "\ud83d",
]
ROOMS = ("customers", "catalog", "subscriptions", "entitlements")
FILLED = {"external_id": "acme", "user_external_id": "uma", "scope": "user"}
NEEDED = {"/api/customers/users": "&tenant=acme", "/customers": "&tab=users"}


def lists(app, numbers):
    """Every page and answer of the rooms, whether it is a list or not."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.split(".")[0].removesuffix("_api") in ROOMS and "GET" in rule.methods:
            given = {name: FILLED.get(name, numbers.get(name, 1)) for name in rule.arguments}
            with app.test_request_context():
                url = url_for(rule.endpoint, **given)
            yield url, NEEDED.get(url, "")


@pytest.mark.parametrize("cursor", CURSORS)
def test_no_list_breaks_on_a_cursor_of_nobody(app, ann, acme, catalog, cursor):
    numbers = {"tenant_id": acme.id, "user_id": make_user(acme).id, "holder_id": acme.id}
    db.session.commit()
    browser = trusted(app, ann)
    sent = "".join(f"%{byte:02X}" for byte in cursor.encode("utf-8", "surrogatepass"))
    answers = {
        url: browser.get(f"{url}?cursor={sent}{needed}").status_code
        for url, needed in lists(app, numbers)
    }
    assert [url for url, status in answers.items() if status >= 500] == []
    assert 400 in answers.values()
