"""Real server and worker processes, started by a test and ended by it, gently or by -9."""

import multiprocessing
import os
import runpy
import signal
import socket
import sys
import tempfile
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import DupFd
from pathlib import Path
from types import TracebackType
from typing import Any

from portal.config import ROOT

HOST = "127.0.0.1"
SECONDS_TO_END = 20
# Python processes that share nothing with the test: they are forked, each loaded already, from one
# that does nothing else.
APART = multiprocessing.get_context("forkserver")
APART.set_forkserver_preload(["tests.conftest"])


class Process:
    """One program in a process group of its own, which dies as a whole when it is killed.

    Its words are those after `python -m`, where `{}` stands for the number of a file that it is
    handed. To load the portal takes longer than most of what is done with it, so that is done.
    """

    def __init__(self, words: list[str], environ: dict[str, str], log: Path, *files: int) -> None:
        self.words = words
        self.environ = environ
        self.log = log
        self.files = files
        self.running: BaseProcess | None = None

    def __enter__(self) -> "Process":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def start(self) -> None:
        self.log.touch()
        handles = [Handle(number) for number in self.files]
        arguments = (self.words, self.environ, self.log, handles)
        self.running = APART.Process(target=run_program, args=arguments)
        self.running.start()

    @property
    def is_over(self) -> bool:
        return self.running is None or not self.running.is_alive()

    def wait(self, seconds: float) -> int | None:
        """Its exit status; None if it runs on."""
        assert self.running is not None
        self.running.join(seconds)
        return self.running.exitcode

    def last_words(self) -> str:
        return self.log.read_text()[-4000:]

    def children(self) -> list[int]:
        """The processes that it started itself, the oldest first."""
        assert self.running is not None
        own = self.running.pid
        return [int(one) for one in Path(f"/proc/{own}/task/{own}/children").read_text().split()]

    def peak_memory(self) -> float:
        """MiB of the largest of the processes that it started, at its largest."""
        texts = [Path(f"/proc/{child}/status").read_text() for child in self.children()]
        return max(int(text.partition("VmHWM:")[2].split()[0]) for text in texts) / 1024

    def kill(self) -> None:
        """As a power cut would: at once, with every child."""
        assert self.running is not None
        assert self.running.pid is not None
        assert not self.is_over, self.last_words()
        os.killpg(self.running.pid, signal.SIGKILL)
        self.running.join()

    def end(self) -> None:
        """As a service manager would: ask, then insist."""
        if self.running is None or self.is_over:
            return
        self.running.terminate()
        if self.wait(SECONDS_TO_END) is None:
            self.kill()


class Handle:
    """An open file on its way into another process, where it has another number."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __getstate__(self) -> Any:
        return DupFd(self.number)

    def __setstate__(self, found: Any) -> None:
        self.number = found.detach()


def run_program(
    words: list[str], environ: dict[str, str], log: Path, handles: list[Handle]
) -> None:
    """Become the program, in a process that was forked for it."""
    os.setpgid(0, 0)
    os.chdir(ROOT)
    with log.open("ab") as written:
        for number in (1, 2):
            os.dup2(written.fileno(), number)
    os.environ.clear()
    os.environ.update(environ)
    tempfile.tempdir = None  # looked for anew: the environment may name another
    numbers = [handle.number for handle in handles]
    sys.argv = [word.format(*numbers) for word in words]
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


class Portal:
    """The settings that one installation's processes share, and the socket that they serve.

    The test holds the socket, as a service manager does for a service that it restarts: a
    connection made while no server runs waits for the next one.
    """

    def __init__(self, database_url: str, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.database_url = database_url
        self.socket = socket.create_server((HOST, 0), backlog=256)
        self.port = int(self.socket.getsockname()[1])
        self.url = f"http://{HOST}:{self.port}"
        self.settings = {
            "ENV": "testing",
            "DATABASE_URL": database_url,
            "INSTANCE_DIR": str(folder / "instance"),
            "BASE_URL": self.url,
            **settings,
        }

    def __enter__(self) -> "Portal":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    @property
    def environ(self) -> dict[str, str]:
        """Nothing of the caller's own settings reaches the processes."""
        kept = {name: value for name, value in os.environ.items() if "PORTAL_" not in name}
        kept["PROMETHEUS_MULTIPROC_DIR"] = str(self.folder / "metrics")
        return kept | {f"PORTAL_{name}": value for name, value in self.settings.items()}

    def server(self, workers: int = 2) -> Process:
        """Several processes load the program once, and so sooner; then they share nothing."""
        number = str(workers)
        words = ["gunicorn", "--bind", "fd://{}", "--workers", number, "wsgi:app"]
        if workers > 1:
            words.append("--preload")
        environ = self.environ | {"WEB_CONCURRENCY": number}
        return Process(words, environ, self.folder / "server.log", self.socket.fileno())

    def worker(self, *options: str) -> Process:
        words = ["flask", "--app", "wsgi", "worker", *options]
        return Process(words, self.environ, self.folder / "worker.log")
