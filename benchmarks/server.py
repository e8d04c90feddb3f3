"""A gunicorn of our own on a free port, and what its workers cost."""

import os
import re
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from importlib.metadata import packages_distributions
from pathlib import Path

from benchmarks.load import HOST
from benchmarks.served import HIDDEN
from portal.config import ROOT

WORKERS = 2
SECONDS_TO_START = 60
SYNC = ("--workers", str(WORKERS), "--worker-class", "sync", "--threads", "1")
AS_OPERATED = ()
"""As `docs/operate.md` says: all of it stands in `gunicorn.conf.py`."""
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """Two sync workers, as most targets are stated for, or what other words ask for."""

    def __init__(self, application, *, log, environ, words=SYNC):
        self.port = _free_port()
        self.log = log.open("ab")
        words = [*words, "--bind", f"{HOST}:{self.port}", application]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.served", *words],
            env={**os.environ, HIDDEN: " ".join(_for_development()), **environ},
            stderr=self.log,
        )

    def wait(self, path):
        """Until both workers have answered once, or the time is over."""
        give_up = time.monotonic() + SECONDS_TO_START
        while not (self._answers(path) and len(self.workers()) == WORKERS):
            if self.process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"the server did not start: see {self.log.name}")
            time.sleep(0.1)

    def _answers(self, path):
        connection = HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def workers(self):
        master = self.process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return [int(child) for child in children]

    def cpu_seconds(self):
        """Of all workers together, since they began."""
        return sum(_ticks(worker) for worker in self.workers()) / TICKS

    def peak_memory(self):
        """MiB of the largest worker, at its largest."""
        return max(peak_kib(worker) for worker in self.workers()) / 1024

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def _for_development():
    """Modules that no operator has: some libraries load others wherever they find them."""
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    known = {_plain(name) for name in locked}
    for module, packages in packages_distributions().items():
        if known.isdisjoint(_plain(name) for name in packages):
            yield module


def _plain(name):
    """As package names are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _ticks(process):
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])  # utime and stime, proc(5)


def peak_kib(process):
    return _kib(process, "VmHWM:")


def resident_kib(process):
    return _kib(process, "VmRSS:")


def _kib(process, name):
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise RuntimeError(f"the kernel tells no {name}")


def _free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]
