"""The example client of the docs, against a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.examples import portal_client as example
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.tokens import issue_service_token
from seeds.catalog import seed_catalog
from tests.conftest import make_app
from tests.databases import Server
from tests.processes import Portal

SCOPES = ["customers:write", "entitlements:check", "entitlements:consume"]


@pytest.fixture(scope="module")
def server(database: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder: Path = tmp_path_factory.mktemp("documented")
    with Portal(database.clone(), folder) as found, found.server(workers=1):
        yield found


@pytest.fixture(scope="module")
def portal(server):
    app = make_app(server.database_url, server.folder)
    with app.app_context():
        seed_catalog()
        token = issue_service_token(by=SYSTEM, name="the product", scopes=SCOPES).text
        db.session.commit()
        db.engine.dispose()
    return example.Portal(server.url, token, timeout=60)


@pytest.fixture(scope="module")
def uma(portal):
    portal.upsert_tenant("acme", "Acme Boxes", plan="free")
    return portal.upsert_user("acme", "uma 1", name="Uma", email="uma@acme.test")


def test_the_same_customer_again_keeps_its_number(portal, uma):
    again = portal.upsert_user("acme", "uma 1", name="Uma Ulrich", email="uma@acme.test")
    assert again == uma


def test_a_denial_is_an_answer_with_a_reason(portal, uma):
    decision = portal.check(user_id=uma, feature_name="custom_reports")
    assert (decision.allowed, decision.reason) == (False, "PLAN_LEVEL_TOO_LOW")


def test_a_quota_is_consumed_to_its_limit_and_not_beyond(portal, uma):
    taken = portal.consume(
        user_id=uma, feature_name="basic_quotes", amount=10, idempotency_key="quote-1"
    )
    assert (taken.used, taken.remaining) == (10, 0)
    with pytest.raises(example.Refused) as refused:
        portal.consume(user_id=uma, feature_name="basic_quotes", idempotency_key="quote-2")
    assert refused.value.code == "quota_exceeded"


def test_a_retry_takes_nothing_twice(portal, uma):
    words = {"user_id": uma, "feature_name": "basic_support", "idempotency_key": "retried"}
    assert portal.consume(**words) == portal.consume(**words)


def test_a_token_that_is_none_is_refused_with_its_code(server):
    with pytest.raises(example.Refused) as refused:
        example.Portal(server.url, "bop_nonsense", timeout=60).check(user_id=1, feature_name="x")
    assert refused.value.code == "not_authenticated"
