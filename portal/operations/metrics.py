"""Numbers for Prometheus: requests by route and status, how long they took, and what waits."""

import os
import time
from functools import cache

from flask import Flask, Response, g, request
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

from portal.operations.health import Health

REQUESTS = Counter("portal_requests_total", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "portal_request_seconds",
    "Time to answer.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
VIOLATIONS = Counter(
    "portal_csp_violations_total", "What browsers say the content policy stopped.", ["directive"]
)
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


def init_metrics(app: Flask) -> None:
    app.after_request(_observe)


def _observe(response: Response) -> Response:
    route = str(request.url_rule) if request.url_rule else "none"
    method = request.method if request.method in METHODS else "other"
    _counter(method, route, response.status_code).inc()
    started = g.get("started")
    if started is not None:
        _timer(route).observe(time.perf_counter() - started)
    return response


@cache
def _counter(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, str(status))


@cache
def _timer(route: str) -> Histogram:
    return SECONDS.labels(route)


def exposition(health: Health) -> bytes:
    """The text format, of all workers together where they share a folder."""
    registry = CollectorRegistry()
    for name, text, value in (
        ("portal_jobs_queued", "Jobs that wait.", health.queued_jobs),
        ("portal_jobs_failed", "Jobs that failed for good.", health.failed_jobs),
        ("portal_mails_undecided", "Mails that wait for a person.", health.undecided_mails),
        ("portal_worker_silent", "1: no worker for two minutes.", int(health.worker_is_silent)),
        ("portal_audit_events_pending", "Events without a leaf.", health.pending_events),
        (
            "portal_audit_checkpoint_age_seconds",
            "Since the last checkpoint of the audit log; -1: none.",
            health.checkpoint_age_seconds,
        ),
        (
            "portal_disk_free_bytes",
            "Free space of the instance folder.",
            health.disk and health.disk.free,
        ),
        ("portal_database_bytes", "Size of the database.", health.database_bytes),
        (
            "portal_database_disk_free_bytes",
            "Free space where the database lies; not there: it cannot be known.",
            health.database_disk and health.database_disk.free,
        ),
    ):
        if value is not None:
            Gauge(name, text, registry=registry).set(value)
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        shared = CollectorRegistry()
        multiprocess.MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        return generate_latest(registry) + generate_latest(shared)
    registry.register(REQUESTS)
    registry.register(SECONDS)
    registry.register(VIOLATIONS)
    return generate_latest(registry)
