"""What browsers report of the content policy: counted and logged, never kept.

Anybody can send such a report, so nothing in it is believed to have happened.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult

import structlog

from portal.core import clock
from portal.customers.rates import RateLimiter
from portal.web.addresses import block_of, client_address
from portal.web.requests import printable, without_tokens
from portal.web.urls import split_url

MEDIA_TYPE = "application/reports+json"
LARGEST = 16_384
MOST_REPORTS = 20
"""In one request; a browser sends what a page collected within a minute."""
LONGEST = 200
DIRECTIVES = frozenset(
    [
        "base-uri",
        "connect-src",
        "default-src",
        "font-src",
        "form-action",
        "frame-ancestors",
        "frame-src",
        "img-src",
        "manifest-src",
        "object-src",
        "script-src",
        "script-src-attr",
        "script-src-elem",
        "style-src",
        "style-src-attr",
        "style-src-elem",
        "worker-src",
    ]
)
OTHER = "other"
MOST_A_MINUTE = 30

_requests = RateLimiter(MOST_A_MINUTE)

log = structlog.get_logger("portal.csp")


def seconds_to_wait() -> int | None:
    """Count one request of whoever calls; how long they wait when there were too many."""
    standing = _requests.take(hash(block_of(client_address())), clock.now().timestamp())
    return standing.resets_in if standing.is_over else None


def violations(data: bytes) -> Iterator[dict[str, str]]:
    """Each violation in a body of reports (W3C Reporting API), as it is logged.

    Of addresses only what tells no secret is left: a link in a mail opens an account.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return
    for report in found[:MOST_REPORTS] if isinstance(found, list) else ():
        body = report.get("body") if isinstance(report, dict) else None
        if isinstance(body, dict) and report.get("type") == "csp-violation":
            yield _violation(body)


def _violation(body: Mapping[str, Any]) -> dict[str, str]:
    directive = body.get("effectiveDirective")
    return {
        "directive": directive if isinstance(directive, str) and directive in DIRECTIVES else OTHER,
        "blocked": _place(body, "blockedURL"),
        "page": _place(body, "documentURL"),
        "source": _place(body, "sourceFile"),
    }


def _place(body: Mapping[str, Any], name: str) -> str:
    """An address without query and tokens, or a word such as `inline`."""
    value = body.get(name)
    url: SplitResult = split_url(value if isinstance(value, str) else "")
    host = f"//{url.hostname}" if url.hostname else ""
    text = f"{host}{without_tokens(url.path)}".encode("utf-8", "replace").decode()
    return printable(text)[:LONGEST]


def log_violation(violation: Mapping[str, str], *, request_id: str) -> None:
    log.warning("csp.violation", request_id=request_id, **violation)
