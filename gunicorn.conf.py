"""How gunicorn serves the portal: `gunicorn wsgi:app`. Options on the command line win over these.

PORT, PORTAL_BIND     where to listen; default 127.0.0.1:8000, for a proxy on the same machine.
                      unix:/path wants `unix` in PORTAL_TRUSTED_PROXIES
WEB_CONCURRENCY       processes, default 2; with SQLite one process with threads serves as well
PORTAL_WEB_THREADS    requests that one process answers at a time, default 8
PORTAL_LOG_LEVEL      as for the portal itself
"""

import fcntl
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

import structlog
from gunicorn.arbiter import Arbiter
from prometheus_client import multiprocess, values

_PREFIX = "portal-counts-"


def _locked(folder):
    """The folder, open and locked until the last process that has it open is gone; None: one has.

    Workers have what their master opened; a master that replaces it (USR2) has not.
    """
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        return None
    return opened


def _own_folder():
    """Another server that starts may take a folder for dead until it is locked: then a new one."""
    while True:
        folder = tempfile.mkdtemp(prefix=_PREFIX)
        try:
            if _locked(folder) is not None and Path(folder).is_dir():
                return folder
        except FileNotFoundError:
            continue


def _remove_folders_of_the_dead():
    """A server that was killed left its own."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            opened = _locked(folder)
        except OSError:  # it is gone, somebody else's, or no folder
            continue
        if opened is not None:
            if os.fstat(opened).st_uid == os.geteuid():
                shutil.rmtree(folder, ignore_errors=True)
            os.close(opened)


# A master that replaces another (USR2) inherits the name of its folder, and makes one of its own.
_OWNER = "PORTAL_METRICS_FOLDER_OWNER"
_ME = str(os.getpid())
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ or os.environ.get(_OWNER, _ME) != _ME:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _own_folder()
    os.environ[_OWNER] = _ME
# Whether processes share their counts is chosen at the import, by what the environment was then.
# Counters with labels make their values later, so it may be chosen again.
values.ValueClass = values.get_value_class()

bind = os.environ.get("PORTAL_BIND") or f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = int(os.environ.get("PORTAL_WEB_THREADS", "8"))
# Each process opens its own database connections; post_fork covers a `--preload` all the same.
preload_app = False

timeout = 30
graceful_timeout = 30
keepalive = 5
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeats only

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# The portal decides which proxy it believes (PORTAL_TRUSTED_PROXIES): gunicorn believes none.
forwarded_allow_ips = ""
forwarder_headers = ""
# No second door beside the listening socket.
control_socket_disable = True

# The portal logs each request with its id; gunicorn speaks of itself alone, in the same JSON.
accesslog = None
loglevel = (os.environ.get("PORTAL_LOG_LEVEL") or "info").lower()
_before = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_rendered = [
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(),
]
logconfig_dict = {
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _before,
            "processors": _rendered,
        }
    },
    "handlers": {
        "standard_error": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "stream": "ext://sys.stderr",
        }
    },
    "root": {"handlers": ["standard_error"], "level": "WARNING"},
    "loggers": {"gunicorn.error": {"handlers": ["standard_error"], "propagate": False}},
}


def on_starting(server):
    """Counts of an earlier start would be added to ours: begin with none."""
    # However many were asked for, and wherever: the portal divides its rate limit among them.
    os.environ["WEB_CONCURRENCY"] = str(server.cfg.workers)
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    for counts in folder.glob("*.db"):
        counts.unlink()
    _remove_folders_of_the_dead()


def on_exit(server):
    """Leave no folder of our own making behind."""
    if os.environ.get(_OWNER) == _ME:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)


def post_worker_init(worker):
    """A page asks the database a few times, and each time waits for Python to be free again.

    Beside a thread that computes, Python's own 5 ms would be added to each of these. Last, the
    process is not started where it would do harm, which ends gunicorn.
    """
    sys.setswitchinterval(0.0005)
    # Of another application, such as the bare one of the benchmarks, nothing is asked.
    application = worker.app.callable
    if reason_not_to_start := application.extensions.get("portal_reason_not_to_start"):
        reason = _nameless_peers(worker.sockets, application.extensions["portal_settings"])
        with application.app_context():
            reason = reason or reason_not_to_start()
        if reason:
            worker.log.error(reason)
            sys.exit(Arbiter.WORKER_BOOT_ERROR)


def _nameless_peers(sockets, settings):
    """Why a Unix socket is refused: all people would be one to the throttles, nobody to the log."""
    is_unix = any(each.family == socket.AF_UNIX for each in sockets)
    if not is_unix or settings.trusted_proxies.is_unix:
        return None
    return (
        "Through a Unix socket the portal sees nobody's address. Add unix to "
        "PORTAL_TRUSTED_PROXIES, with a proxy in front that sets X-Forwarded-For, "
        "or bind to an address such as 127.0.0.1:8000."
    )


def post_fork(server, worker):
    """Under `--preload` a worker must not share the connections that its parent opened."""
    for engine in _engines(server):
        engine.dispose(close=False)


def worker_exit(server, worker):
    """Say goodbye to the database: the last connection to a SQLite file takes its log in."""
    for engine in _engines(server):
        engine.dispose()


def _engines(server):
    """Those of the application, where it is loaded."""
    application = server.app.callable
    if application is None or "sqlalchemy" not in application.extensions:
        return []
    with application.app_context():
        return list(application.extensions["sqlalchemy"].engines.values())


def child_exit(server, worker):
    """A gone process no longer counts among the live ones."""
    multiprocess.mark_process_dead(worker.pid)
