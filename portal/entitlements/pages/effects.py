"""What the catalogue's forms show before a change is saved."""

from flask import render_template
from markupsafe import Markup

from portal.catalog.effects import register_effect_preview
from portal.catalog.snapshot import Catalog
from portal.entitlements.effects import Change, effects_of


def preview(now: Catalog, draft: Catalog) -> Markup:
    """How many users in how many tenants gain, lose or keep each feature otherwise."""
    lines = [line for change in effects_of(now, draft) for line in _lines(change)]
    html = render_template("entitlements/_effects.html", lines=lines)
    return Markup(html)  # noqa: S704 - our template


def _lines(change: Change) -> list[tuple[str, str]]:
    """Each with how loudly it is said."""
    counts = (
        ("danger", change.losing_users, change.losing_tenants, "lose"),
        ("success", change.gaining_users, change.gaining_tenants, "gain"),
        ("info", change.relimited_users, change.relimited_tenants, "get another limit of"),
    )
    return [
        (
            kind,
            f"{_count(users, 'user')} in {_count(tenants, 'tenant')} {verb} {change.display_name}",
        )
        for kind, users, tenants, verb in counts
        if users
    ]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


register_effect_preview(preview)
