"""Over real connections, against several processes that share nothing but the database."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest
import sqlalchemy as sa

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.tokens import issue_service_token
from portal.entitlements.models import QuotaBucket
from portal.entitlements.reconcile import drifts
from tests.conftest import make_app
from tests.entitlements.shop import make_shop
from tests.processes import HOST, Portal

pytestmark = pytest.mark.race
AT_ONCE, EACH, AMOUNT = 32, 8, 5


@pytest.fixture
def portal(database, tmp_path):
    with Portal(database.clone(), tmp_path) as found:
        yield found


@pytest.fixture
def inside(portal):
    app = make_app(portal.database_url, portal.folder)
    yield app
    with app.app_context():
        db.engine.dispose()


def consume(port, token, user_id, key):
    """The status of one use, and whether it was answered from the ledger."""
    connection = HTTPConnection(HOST, port, timeout=60)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": key,
    }
    body = json.dumps({"feature_name": "calls", "amount": AMOUNT})
    try:
        connection.request("POST", f"/api/entitlements/users/{user_id}/consume", body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Idempotent-Replayed") == "true"
    finally:
        connection.close()


@pytest.fixture
def use(portal, inside):
    """Uses the product's token, over the wire."""
    with inside.app_context():
        user_id = make_shop().uma.id
        scopes = ["entitlements:consume"]
        token = issue_service_token(by=SYSTEM, name="Product", scopes=scopes).text
        db.session.commit()
    return lambda key: consume(portal.port, token, user_id, key)


def test_four_processes_grant_exactly_the_limit(portal, inside, use):
    keys = [f"{number}" for number in range(AT_ONCE * EACH)]
    with portal.server(workers=4), ThreadPoolExecutor(AT_ONCE) as threads:
        first, again = (Counter(threads.map(use, keys)) for _ in range(2))
    assert first == {(200, False): 200, (409, False): 56}
    assert again == {(200, True): 200, (409, False): 56}
    with inside.app_context():
        used = db.session.scalar(sa.select(QuotaBucket.used).filter_by(feature_name="calls"))
        assert used == 1000
        assert list(drifts()) == []
