"""Where the pages of the portal are."""

from collections.abc import Iterator

from flask import Flask

from portal.web.access import SessionState

# An id in an address is 1, which mostly is there.
VALUES = {"feature_name": "basic_quotes", "scope": "user", "way": "next"}


def pages_of_staff(app: Flask) -> Iterator[str]:
    """Every GET page of somebody signed in."""
    for rule in sorted(app.url_map.iter_rules(), key=str):
        states = app.view_functions[rule.endpoint].access.states  # type: ignore[attr-defined]
        is_page = "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/")
        if is_page and SessionState.ACTIVE in states:
            values = {name: VALUES.get(name, 1) for name in rule.arguments}
            yield app.url_map.bind("").build(rule.endpoint, values)
