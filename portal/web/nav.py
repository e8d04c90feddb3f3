"""Navigation: rooms register their pages, a person sees the ones they may open."""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from flask import Flask, current_app, request, url_for
from markupsafe import Markup

from portal.core.permissions import Permission

Group = Literal["Work", "People", "Evidence", "System"]
GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry. `key` is the letter that jumps there after `g`."""

    group: Group
    label: str
    endpoint: str
    icon: str
    key: str
    permission: Permission
    values: dict[str, Any] = field(default_factory=dict)
    is_first: bool = False
    """Stands above what lower rooms put into its group, also above their firsts."""
    under: tuple[str, ...] = ()
    """Where pages begin that belong here, though their addresses do not begin with its own."""
    searches: str = ""
    """The endpoint that takes what somebody looks for as `q`, where there is one."""


@dataclass(frozen=True, slots=True)
class NavPages:
    """Pages that belong to the entry of a lower room, which cannot know them."""

    endpoint: str
    under: tuple[str, ...]


def add_nav(app: Flask, *parts: NavItem | NavPages) -> None:
    items = [part for part in parts if isinstance(part, NavItem)]
    app.extensions.setdefault("portal_nav", []).extend(items)
    pages = [part for part in parts if isinstance(part, NavPages)]
    app.extensions.setdefault("portal_nav_pages", []).extend(pages)


def navigation(permissions: frozenset[Permission]) -> Markup:
    """The menu of whoever has these permissions, drawn once for each page that it can point at."""
    groups = _visible(permissions)
    current = _nearest(request.path, [item for _, items in groups for item in items])
    drawn: dict[tuple[frozenset[Permission], str | None], Markup]
    drawn = current_app.extensions.setdefault("portal_nav_drawn", {})
    if (permissions, current) not in drawn:
        template = current_app.jinja_env.get_template("layout/_nav.html")
        html = template.render(groups=groups, current=current)
        drawn[permissions, current] = Markup(html)  # noqa: S704 - our template escapes
    return drawn[permissions, current]


def _nearest(path: str, items: list[dict[str, Any]]) -> str | None:
    """The entry that the page lies under: the longest that its address begins with."""
    begins = [(start, item["url"]) for item in items for start in (item["url"], *item["under"])]
    above = [(len(start), url) for start, url in begins if _lies_under(path, start)]
    return max(above, default=(0, None))[1]


def _lies_under(path: str, start: str) -> bool:
    return path == start or (start != "/" and path.startswith(f"{start}/"))


def _visible(permissions: frozenset[Permission]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Addresses are built once for each set of permissions, not once a page."""
    built: dict[frozenset[Permission], list[tuple[str, list[dict[str, Any]]]]]
    built = current_app.extensions.setdefault("portal_nav_built", {})
    if permissions not in built:
        items: list[NavItem] = current_app.extensions.get("portal_nav", [])
        allowed = [item for item in items if item.permission in permissions]
        first = [item for item in reversed(allowed) if item.is_first]
        rest = [item for item in allowed if not item.is_first]
        groups = ((g, [_entry(i) for i in first + rest if i.group == g]) for g in GROUPS)
        built[permissions] = [(label, entries) for label, entries in groups if entries]
    return built[permissions]


def _entry(item: NavItem) -> dict[str, Any]:
    every: list[NavPages] = current_app.extensions.get("portal_nav_pages", [])
    pages = [part for part in every if part.endpoint == item.endpoint]
    return {
        "label": item.label,
        "url": url_for(item.endpoint, **item.values),
        "icon": item.icon,
        "key": item.key,
        "searches": f"{url_for(item.searches)}?q=" if item.searches else "",
        "under": item.under + tuple(start for part in pages for start in part.under),
    }
