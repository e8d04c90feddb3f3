"""Nobody does what their role lacks: every route, every role, by every method."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core.database import db
from portal.core.permissions import CUSTOMER_PERMISSIONS, Permission
from portal.core.roles import Role
from portal.staff.roles import permissions_of
from tests.cast import make_admin, signed_in

SAMPLES = {
    "token": "x" * 43,
    "role": "manager",
    "filename": "favicon.svg",
    "scope": "user",
    "way": "next",
    "verb": "watch",
    "field": "priority",
}
ODD_METHODS = ("PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
HOSTILE_PATHS = (
    "/audit/events/%00",
    "/audit/events/" + "a" * 5000,
    "/account/sessions/%00/revoke",
    "/invite/%00",
    "/reset-password/%ff%fe",
    "/staff/99999999999999999999",
    "/staff/-1",
    "/subscriptions/tenants/99999999999999999999",
    "/subscriptions/tenants/1?plan=%00&cursor=rubbish",
    "/subscriptions/trials?cursor=%00&state=%00",
    "/subscriptions/trials?cursor=%3Ei%3A1",
    "/api/subscriptions/tenants/99999999999999999999",
    "/operations/jobs/99999999999999999999",
    "/operations/mail/99999999999999999999/body",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/staff?cursor=%00",
    "/staff?cursor=rubbish",
    "/audit?cursor=%3Ei%3A1",
    "/audit?from=%00&q=%00&actor=%00&ip=%00",
    "/audit?from=9999-12-31&to=9999-12-31",
    "/audit?q=" + "%25" * 500,
    "/operations/jobs?status=%00&kind=%00&cursor=rubbish",
    "/operations/mail?status=%00&q=%00",
)


def guarded(app: Flask) -> Iterator[tuple[str, str, Permission]]:
    """Each method and address that needs a permission, with believable values."""
    for rule in app.url_map.iter_rules():
        permission = app.view_functions[rule.endpoint].access.permission  # type: ignore[attr-defined]
        if permission is None:
            continue
        values = {name: SAMPLES.get(name, "999") for name in rule.arguments}
        with app.test_request_context():
            url = app.url_for(rule.endpoint, **{k: _typed(v) for k, v in values.items()})
        for method in sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"}):
            yield method, url, permission


def _typed(value: str) -> int | str:
    return int(value) if value.isdigit() else value


def denials() -> int:
    query = sa.select(sa.func.count()).where(AuditEvent.action == Action.ACCESS_DENIED.value)
    return db.session.scalar(query) or 0


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_refused_what_it_lacks_and_the_attempt_is_recorded(app, role):
    client = signed_in(app, make_admin("Cy Outsider", role, is_second_factor_on=True))
    lacking = [entry for entry in guarded(app) if entry[2] not in permissions_of(role)]
    for method, url, _ in lacking:
        before = denials()
        kind = {"json": {}} if url.startswith("/api/") else {"data": {}}
        answer = client.open(url, method=method, **({} if method == "GET" else kind))
        assert (answer.status_code, denials() - before) == (403, 1), f"{method} {url}"
    assert ({entry[2] for entry in lacking} <= CUSTOMER_PERMISSIONS) == (role is Role.ADMIN)


def test_a_stranger_is_sent_to_sign_in_everywhere(app, client):
    for method, url, _ in guarded(app):
        answer = client.open(url, method=method)
        assert answer.status_code == (401 if url.startswith("/api/") else 303), f"{method} {url}"
        assert answer.headers.get("Location", "/sign-in").startswith("/sign-in")


@pytest.mark.parametrize("method", ODD_METHODS)
def test_a_strange_method_is_refused_everywhere(app, ann_client, method):
    rules = list(app.url_map.iter_rules())
    taken = {rule.rule for rule in rules if method in (rule.methods or ())}
    for rule in [rule for rule in rules if rule.rule not in taken]:
        with app.test_request_context():
            values = {name: _typed(SAMPLES.get(name, "999")) for name in rule.arguments}
            url = app.url_for(rule.endpoint, **values)
        assert ann_client.open(url, method=method).status_code == 405, f"{method} {url}"


@pytest.mark.parametrize("path", HOSTILE_PATHS)
def test_a_hostile_address_breaks_nothing(ann_client, path):
    assert ann_client.get(path).status_code < 500
    assert ann_client.post(path, data={"csrf_token": ann_client.form_token()}).status_code < 500


def test_a_method_cannot_be_overridden_by_a_header(ann_client):
    answer = ann_client.get("/sign-out", headers={"X-HTTP-Method-Override": "POST"})
    assert answer.status_code == 405
