"""The route table, reviewed as a file: whoever adds a route changes it, and a reader sees it.

`pytest tests/house/test_routes.py --write-routes` writes it anew.
"""

from pathlib import Path

import pytest
from flask import Flask

SNAPSHOT = Path(__file__).parent / "routes.txt"


def lines(app: Flask) -> list[str]:
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        methods = ",".join(sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"}))
        events = sorted(getattr(view, "audited_actions", ()))
        marks = [
            _access(view),
            *(["sudo"] if getattr(view, "needs_sudo", False) else []),
            *([f"leaves {' '.join(events)}"] if events else []),
        ]
        found.append(f"{rule.rule}  {methods}  {rule.endpoint}  {'  '.join(marks)}")
    return sorted(found)


def _access(view: object) -> str:
    access = view.access  # type: ignore[attr-defined]
    if access.is_public:
        return "public"
    states = ",".join(sorted(access.states))
    return access.permission.value if access.permission else f"while {states}"


def test_the_routes_are_the_reviewed_ones(shared_app: Flask, request: pytest.FixtureRequest):
    present = lines(shared_app)
    if request.config.getoption("--write-routes"):
        SNAPSHOT.write_text("\n".join(present) + "\n")
    assert present == SNAPSHOT.read_text().splitlines(), "If that is meant, --write-routes."


def test_each_place_of_the_menu_has_a_letter_of_its_own(shared_app: Flask):
    items = shared_app.extensions["portal_nav"]
    labels = {item.key: item.label for item in items}
    assert [item.label for item in items if labels[item.key] != item.label] == []


def test_addresses_have_no_verb_but_after_their_thing(shared_app: Flask):
    """`POST /thing/<id>/verb`: an address never begins with what it does."""
    verbs = ("/create", "/delete", "/update", "/do")
    assert [line for line in lines(shared_app) if line.startswith(verbs)] == []
