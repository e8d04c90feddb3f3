"""One JSON object a line on standard error, from our own code and from libraries alike."""

import json
import logging
import sys
from typing import Any

import structlog

from portal.config import Settings
from portal.core.clock import now

_written = json.JSONEncoder().encode
_requests = logging.getLogger("portal.request")

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Lets a line pass that was written as JSON already."""

    def format(self, record: logging.LogRecord) -> str:
        return str(record.msg) if hasattr(record, "is_written") else super().format(record)


def log_request(**values: object) -> None:
    """The one line of a request, in the same form as all others, at a sixth of their cost."""
    if not _requests.isEnabledFor(logging.INFO):
        return
    common = {"event": "request", "logger": _requests.name, "level": "info"}
    line = _written({**values, **common, "timestamp": _now()})
    record = logging.LogRecord.__new__(logging.LogRecord)
    record.__dict__.update(_BLANK, msg=line)
    _requests.handle(record)


# Made once: a record asks for its thread, process and caller, of which the line says nothing.
_BLANK = logging.LogRecord(_requests.name, logging.INFO, "", 0, "", None, None).__dict__ | {
    "is_written": True
}


def _now() -> str:
    return now().isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def init_logs(settings: Settings) -> None:
    """JSON escapes control characters, so that no value can begin a line of its own."""
    level = logging.getLevelName(settings.log_level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Formatter(
            foreign_pre_chain=SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger("portal")
    root.handlers = [handler]
    root.setLevel(level if isinstance(level, int) else logging.INFO)
    root.propagate = False
