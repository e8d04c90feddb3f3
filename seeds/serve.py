"""`make run`: migrate, seed what is empty, then a server and a worker until Ctrl-C."""

import multiprocessing
import os
import runpy
import shlex
import signal
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from http.client import HTTPConnection, HTTPException
from multiprocessing.context import ForkProcess

from flask.cli import ScriptInfo

from portal import create_app
from portal.config import settings
from portal.core.database import db
from portal.web.commands import add_commands
from seeds.commands import seed_commands
from seeds.credentials import demo_people

HOST = "127.0.0.1"
PAUSE = 0.2
SECONDS_TO_END = 10
SIGNALS_TO_END = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
# To load the portal takes longer than all else that a start does. Each process that is forked here
# has it loaded, and nothing else: this one opens no database, and no thread of it is left by then.
LOADED = multiprocessing.get_context("fork")

COMMANDS = {
    "server": ["gunicorn", "--workers", "1", "--log-level", "warning", "wsgi:app"],
    "worker": ["flask", "--app", "wsgi", "worker"],
}


def main() -> int:
    wanted = os.environ.setdefault("PORT", "8000")
    if not wanted.isdecimal() or not 0 < int(wanted) < 65536:
        print(f"PORT={wanted} is no port: use 1 to 65535.", file=sys.stderr)
        return 2
    port = int(wanted)
    if is_taken(port):
        print(
            f"Port {port} is taken. Another one: PORT={other_than(port)} make run", file=sys.stderr
        )
        return 1
    with ProcessPoolExecutor(1, mp_context=LOADED) as apart:
        welcome = apart.submit(prepare).result()
    return serve(port, lambda: print(welcome, flush=True))


def other_than(port: int) -> int:
    return port + 1 if port < 65535 else 8000


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def prepare() -> str:
    """Bring the database up to date, and say who may sign in."""
    app = create_app()
    add_commands(app, seed_commands)
    known = ScriptInfo(create_app=lambda: app)
    for words in (["db", "upgrade"], ["seed", "demo", "--if-empty"]):
        app.cli.main(words, prog_name="flask", obj=known, standalone_mode=False)
    with app.app_context():
        db.engine.dispose()  # this process ends without Python's own tidying up
        return welcome_text()


def welcome_text() -> str:
    # Passkeys belong to the name that is set, so that is the address to open.
    lines = ["", f"  {settings().brand} is at {settings().base_url}", ""]
    people = demo_people()
    wide = max((len(person["email"]) for person in people.values()), default=0)
    for role, person in people.items():
        note = "" if person["totp_secret"] else "  (must enrol a second factor first)"
        lines.append(f"  {role:<14} {person['email']:<{wide}}  {person['password']}{note}")
    if people:
        folder = os.environ.get("PORTAL_INSTANCE_DIR")
        where = f"PORTAL_INSTANCE_DIR={shlex.quote(folder)} " if folder else ""
        lines += ["", f"  The code of a person's second factor: {where}make totp ROLE=admin"]
    else:
        lines.append("  This database has people of its own: no demo sign-in was made.")
    return "\n".join([*lines, "  Ctrl-C ends the server and the worker.", ""])


def serve(port: int, announce: Callable[[], None]) -> int:
    """Run both until a signal comes or one of them ends; then end the other too."""
    children = {
        name: LOADED.Process(target=become, args=(words,), name=name, daemon=True)
        for name, words in COMMANDS.items()
    }
    # From here on a signal waits until it is asked for, in a child too until that is one.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS_TO_END)
    for child in children.values():
        child.start()
    try:
        return watch(children, port, announce)
    finally:
        end(children)


def become(words: list[str]) -> None:
    """Go on as `python -m` with these words would, in a process that was forked for it."""
    # A group of its own: Ctrl-C reaches the parent alone, which ends its children in order.
    os.setpgid(0, 0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS_TO_END)
    sys.argv = words
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


def watch(children: dict[str, ForkProcess], port: int, announce: Callable[[], None]) -> int:
    is_announced = False
    while not signal.sigpending() & SIGNALS_TO_END:
        for name, child in children.items():
            if not child.is_alive():
                print(f"The {name} ended with status {child.exitcode}.", file=sys.stderr)
                return 1
        if not is_announced and answers(port):
            is_announced = True
            announce()
        time.sleep(PAUSE)
    return 0


def answers(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def end(children: dict[str, ForkProcess]) -> None:
    """One after the other: the last to close a SQLite file takes its log in, and of two that close
    it at the same time each may believe that the other does.
    """
    for child in children.values():
        child.terminate()
        child.join(SECONDS_TO_END)
        if child.is_alive():
            child.kill()
            child.join()


if __name__ == "__main__":
    sys.exit(main())
