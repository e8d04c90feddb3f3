"""Many at once on one token, one file, one person, with real transactions and threads."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import SYSTEM, Actor, ActorType
from portal.core.database import db
from portal.customers import imports
from portal.customers.import_file import read_file
from portal.customers.import_preview import judge
from portal.customers.imports import keep_preview, start_import
from portal.customers.models import ApiToken, CustomerImport, User
from portal.customers.privacy import erase_user
from portal.customers.token_text import new_public_id
from portal.customers.tokens import (
    issue_service_token,
    issue_user_token,
    revoke_token,
)
from portal.customers.users import user_or_404
from portal.jobs.models import Job
from portal.jobs.worker import Worker
from tests.cast import make_tenant, make_user
from tests.customers.test_bearer import ask
from tests.customers.test_imports import data, line
from tests.staff.test_people_races import outcomes

pytestmark = pytest.mark.race
AT_ONCE = 8


def count(app, what) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(what)) or 0


def events(app, action: str) -> int:
    return count(app, sa.select(AuditEvent).filter_by(action=action).subquery())


def a_token(app) -> tuple[int, str]:
    with app.app_context():
        issued = issue_service_token(by=SYSTEM, name="Product", scopes=["audit:read"])
        db.session.commit()
        return issued.row.id, issued.text


def test_a_form_that_is_sent_many_times_at_once_makes_one_token(own_app):
    once = new_public_id()

    def make(number):
        issue_service_token(by=SYSTEM, name="X", scopes=["audit:read"], public_id=once)

    assert sorted(outcomes(own_app, make, AT_ONCE)) == [200] + [409] * (AT_ONCE - 1)
    assert (count(own_app, ApiToken), events(own_app, "token.issued")) == (1, 1)


def test_many_revocations_are_one(own_app):
    number, text = a_token(own_app)
    done = []

    def revoke(_):
        done.append(revoke_token(by=SYSTEM, token=db.session.get_one(ApiToken, number)))

    assert outcomes(own_app, revoke, AT_ONCE) == [200] * AT_ONCE
    assert (done.count(True), events(own_app, "token.revoked")) == (1, 1)
    with own_app.app_context():
        assert ask(own_app.test_client(), text).status_code == 401


def test_many_first_uses_at_once_all_get_in(own_app):
    number, text = a_token(own_app)
    answers = []

    def use(_):
        answers.append(ask(own_app.test_client(), text).status_code)

    outcomes(own_app, use, AT_ONCE)
    assert answers == [403] * AT_ONCE
    with own_app.app_context():
        assert db.session.get_one(ApiToken, number).last_used_at > clock.now() - timedelta(hours=1)


def a_file(app, lines: int) -> int:
    with app.app_context():
        many = [line(user=f"u{n}", email=f"u{n}@acme.test") for n in range(lines)]
        file = read_file(data(*many))
        verdicts = judge(file.lines)
        found = keep_preview(by=SYSTEM, filename="x.csv", file=file, verdicts=verdicts)
        db.session.commit()
        return found.id


def test_a_file_that_is_confirmed_many_times_at_once_is_started_once(own_app):
    number = a_file(own_app, 1)

    def start(_):
        start_import(by=SYSTEM, import_id=number)

    assert sorted(outcomes(own_app, start, AT_ONCE)) == [200] + [409] * (AT_ONCE - 1)
    assert count(own_app, sa.select(Job).filter_by(kind=imports.KIND).subquery()) == 1


def test_workers_beside_each_other_take_each_line_once(own_app, monkeypatch):
    monkeypatch.setattr(imports, "BATCH", 3)
    number = a_file(own_app, 20)
    with own_app.app_context():
        start_import(by=SYSTEM, import_id=number)
        db.session.commit()

    def work(_):
        Worker(own_app).run_until_idle()

    outcomes(own_app, work, 3)
    with own_app.app_context():
        found = db.session.get_one(CustomerImport, number)
        assert (found.status, found.done, found.failed) == ("done", 20, 0)
    assert (count(own_app, User), events(own_app, "user.created")) == (20, 20)


def test_a_person_is_erased_once_and_no_token_survives(own_app):
    with own_app.app_context():
        number = make_user(make_tenant()).id
        db.session.commit()

    def erase_or_mint(turn):
        user = user_or_404(number)
        if turn % 2:
            issue_user_token(by=SYSTEM, user=user, expires_in=timedelta(hours=1))
        else:
            erase_user(by=SYSTEM, user=user, reason="asked")

    found = outcomes(own_app, erase_or_mint, AT_ONCE)
    assert events(own_app, "user.erased") == 1
    assert set(found) <= {200, 409}
    with own_app.app_context():
        assert user_or_404(number).erased_at is not None


def test_nothing_that_a_revoked_token_minted_at_once_stays_alive(own_app):
    with own_app.app_context():
        user, tokens = make_user(make_tenant()).id, [a_row() for _ in range(3)]
        db.session.commit()

    def mint_or_revoke(turn):
        number = tokens[turn % 3]
        if turn < 3:
            revoke_token(by=SYSTEM, token=db.session.get_one(ApiToken, number))
        else:
            program = Actor(ActorType.API_TOKEN, number, "Product")
            issue_user_token(by=program, user=user_or_404(user), expires_in=timedelta(hours=1))

    assert set(outcomes(own_app, mint_or_revoke, 12)) <= {200, 409}
    live = sa.select(ApiToken).where(ApiToken.revoked_at.is_(None))
    assert count(own_app, live.subquery()) == 0


def a_row() -> int:
    return issue_service_token(by=SYSTEM, name="Product", scopes=["customers:write"]).row.id
