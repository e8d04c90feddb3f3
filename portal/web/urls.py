"""Addresses: where a person may be sent next, what a mail may link to, where an asset lies."""

import hashlib
import json
import posixpath
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from flask import Flask, current_app, request
from werkzeug.routing import IntegerConverter, Map, Rule

from portal.config import ROOT, settings

STATIC = ROOT / "static"
LONGEST_NEXT = 2000
LARGEST_ID = 2**31 - 1
LARGEST_BIG_ID = 2**63 - 1


def safe_next(target: str | None, default: str = "/") -> str:
    """`target` when it is a path of this portal, else `default`.

    Browsers read `//host`, `/\\host` and a tab or line break inside a path as another site or
    header, so only a plain absolute path passes.
    """
    if not target or len(target) > LONGEST_NEXT or not target.startswith("/"):
        return default
    if target[1:2] in {"/", "\\"} or "\\" in target or any(ord(c) < 0x21 for c in target):
        return default
    if target.lower().startswith(("/%2f", "/%5c", "/%09", "/%0")):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target


def id_in_query(name: str) -> int | None:
    """The number of a row that the address names; None when it names none that can be."""
    found = request.args.get(name, type=int)
    return found if found is not None and 0 < found <= LARGEST_ID else None


def way_back() -> str:
    """The address of this very page, or `/` where it answers a form and cannot be opened."""
    is_page = request.method == "GET" or current_app.url_map.bind("").test(request.path, "GET")
    return safe_next(request.full_path.rstrip("?")) if is_page else "/"


def split_url(url: str) -> SplitResult:
    """The parts of an address that a stranger sent; empty ones where it cannot be read."""
    try:
        return urlsplit(url)
    except ValueError:  # such as `http://[`
        return urlsplit("")


class IdConverter(IntegerConverter):
    """`<int:...>` as far as a column of the database holds it; a larger number is a 404."""

    def __init__(self, map: Map, max: int = LARGEST_ID, **kwargs: Any) -> None:
        super().__init__(map, max=max, **kwargs)


class BigIdConverter(IdConverter):
    """`<big:...>`, the same for a table that outgrows such numbers."""

    def __init__(self, map: Map, max: int = LARGEST_BIG_ID, **kwargs: Any) -> None:
        super().__init__(map, max=max, **kwargs)


class LateRule(Rule):
    """A route whose addresses are compiled when one is first built.

    To compile those of all routes takes longer than all else that an application is made of.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        name = "_build_unknown" if append_unknown else "_build"
        compiled = super()._compile_builder

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            made = compiled(append_unknown)
            setattr(rule, name, made.__get__(rule, None))
            return made(rule, **values)

        return build


def external_url(endpoint: str, **values: Any) -> str:
    """A full address from `PORTAL_BASE_URL`, never from the request's `Host`."""
    adapter = current_app.url_map.bind("")  # url_for needs a request, which a worker has not
    return settings().base_url + adapter.build(endpoint, values)


def init_static_urls(app: Flask) -> None:
    """Templates get `static_url`, which changes with the file and may be cached for ever."""
    app.add_template_global(static_url)
    app.add_template_global(way_back)


def static_url(path: str) -> str:
    return f"/static/{path}?v={_fingerprint(path)[0]}"


def is_fingerprint(version: str | None, path: str) -> bool:
    """Is this the version of the static file that lies there now? It is one that was served.

    An upgrade puts new files in place before the processes start anew.
    """
    if version is None:
        return False
    path = posixpath.normpath(path)  # no spelling of a path is one more to remember
    return (version, _changed_at(path)) == _fingerprint(path)


@cache
def _fingerprint(path: str) -> tuple[str, int]:
    """What changes with the file, and when it last did."""
    changed_at = _changed_at(path)
    known = _vendor_manifest().get(path.removeprefix("vendor/"))
    return known or hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12], changed_at


def _changed_at(path: str) -> int:
    return (STATIC / path).stat().st_mtime_ns


@cache
def _vendor_manifest() -> dict[str, str]:
    """File name to hash, as the asset build wrote it."""
    path: Path = STATIC / "vendor" / "manifest.json"
    if not path.exists():
        return {}
    files = json.loads(path.read_text()).get("files", {})
    return {name: str(entry["hash"]) for name, entry in files.items() if "hash" in entry}
