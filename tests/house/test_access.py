"""Every view says who may open it, and every change says which event it leaves."""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from portal.web.access import SAFE_METHODS, Access
from tests.client import Client


def views(app: Flask) -> Iterator[tuple[Rule, object]]:
    for rule in app.url_map.iter_rules():
        yield rule, app.view_functions[rule.endpoint]


def changing(app: Flask) -> Iterator[tuple[Rule, object]]:
    for rule, view in views(app):
        if set(rule.methods or ()) - SAFE_METHODS:
            yield rule, view


def test_every_view_declares_its_access(shared_app: Flask):
    undeclared = [rule.rule for rule, view in views(shared_app) if not hasattr(view, "access")]
    assert undeclared == []


def test_no_view_is_both_public_and_protected(shared_app: Flask):
    for rule, view in views(shared_app):
        access: Access = view.access  # type: ignore[attr-defined]
        assert access.is_public != bool(access.states), rule.rule


def test_every_change_declares_its_event_or_why_it_leaves_none(shared_app: Flask):
    silent = [
        rule.rule
        for rule, view in changing(shared_app)
        if not getattr(view, "audited_actions", None) and not hasattr(view, "unaudited_because")
    ]
    assert silent == []


def test_no_other_site_reaches_a_view_that_wants_no_token(app: Flask, client: Client):
    reached = []
    for rule, view in changing(app):
        if hasattr(view, "without_csrf_token_because"):
            headers = {"Sec-Fetch-Site": "cross-site"}
            answer = client.post(rule.rule, json={}, headers=headers)
            assert answer.status_code == 403, rule.rule
            reached.append(rule.rule)
    assert "/api/admin/auth/login" in reached


def test_no_view_both_leaves_an_event_and_excuses_itself(shared_app: Flask):
    for rule, view in views(shared_app):
        has_both = hasattr(view, "audited_actions") and hasattr(view, "unaudited_because")
        assert not has_both, rule.rule


def test_what_only_reads_leaves_no_event(shared_app: Flask):
    for rule, view in views(shared_app):
        if hasattr(view, "reads_only"):
            assert hasattr(view, "unaudited_because"), rule.rule


def test_danger_is_never_public(shared_app: Flask):
    for rule, view in views(shared_app):
        if getattr(view, "needs_sudo", False):
            assert not view.access.is_public, rule.rule  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/staff", "/api/admin/2fa/status", "/operations/jobs", "/audit"])
def test_a_stranger_reaches_nothing(client, path):
    answer = client.get(path)
    assert answer.status_code == (401 if path.startswith("/api/") else 303)
