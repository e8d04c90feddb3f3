"""`make run`: migrate, seed what is empty, then a server and a worker until Ctrl-C."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from threading import Event
from types import FrameType

from flask import Flask
from flask.cli import ScriptInfo

from portal import create_app
from portal.config import settings
from portal.core.database import db
from seeds.commands import seed_commands
from seeds.credentials import demo_people

HOST = "127.0.0.1"
PAUSE = 0.2
SECONDS_TO_END = 10

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
    app = create_app()
    app.cli.add_command(seed_commands)
    welcome = prepare(app)
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


def prepare(app: Flask) -> str:
    """Bring the database up to date, in this process: a start of Flask each would take seconds."""
    known = ScriptInfo(create_app=lambda: app)
    for words in (["db", "upgrade"], ["seed", "demo", "--if-empty"]):
        app.cli.main(words, prog_name="flask", obj=known, standalone_mode=False)
    with app.app_context():
        # The server and the worker open their own connections.
        db.engine.dispose()
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
    stopping = Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    # Groups of their own: Ctrl-C reaches this process alone, which ends them in order.
    children = {
        name: subprocess.Popen([sys.executable, "-m", *words], process_group=0)  # noqa: S603
        for name, words in COMMANDS.items()
    }
    try:
        return watch(children, port, stopping, announce)
    finally:
        end(children)


def watch(
    children: dict[str, subprocess.Popen[bytes]],
    port: int,
    stopping: Event,
    announce: Callable[[], None],
) -> int:
    is_announced = False
    while not stopping.wait(PAUSE):
        for name, child in children.items():
            if child.poll() is not None:
                print(f"The {name} ended with status {child.returncode}.", file=sys.stderr)
                return 1
        if not is_announced and answers(port):
            is_announced = True
            announce()
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


def end(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    for child in children.values():
        try:
            child.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


if __name__ == "__main__":
    sys.exit(main())
