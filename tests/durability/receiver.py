"""A mail server that keeps count, and that can stop a worker at the worst moments."""

from collections import Counter
from email import message_from_bytes
from enum import StrEnum
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Lock, Thread

from tests.processes import HOST

SECONDS_TO_KILL = 30


class Moment(StrEnum):
    """Where a worker can be caught."""

    BEFORE_DATA = "the server knows the address; the mail is still here"
    AFTER_DATA = "the server has the whole mail; the worker does not know it"


class Receiver:
    """Counts the mails that arrive whole, by their Message-ID."""

    def __init__(self) -> None:
        self.arrived: Counter[str] = Counter()
        self.lock = Lock()
        self.trap: Moment | None = None
        self.caught, self.let_go = Event(), Event()
        self.server = Server((HOST, 0), Conversation)
        self.server.receiver = self
        self.url = f"smtp://{HOST}:{self.server.server_address[1]}"

    def __enter__(self) -> "Receiver":
        Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        self.server.shutdown()
        self.server.server_close()

    def set_trap(self, moment: Moment) -> None:
        """The next worker that comes to this moment is held there until `release`."""
        self.caught.clear()
        self.let_go.clear()
        self.trap = moment

    def release(self) -> None:
        self.let_go.set()

    def reach(self, moment: Moment) -> None:
        with self.lock:
            is_caught = self.trap is moment
            if is_caught:
                self.trap = None
        if is_caught:
            self.caught.set()
            self.let_go.wait(SECONDS_TO_KILL)

    def take(self, message: bytes) -> None:
        with self.lock:
            self.arrived[str(message_from_bytes(message)["Message-ID"])] += 1


class Server(ThreadingTCPServer):
    daemon_threads = True
    receiver: Receiver


class Conversation(StreamRequestHandler):
    """As much of RFC 5321 as a client without extensions speaks."""

    server: Server

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline():
            verb = line[:4].strip().upper()
            if verb == b"RCPT":
                self.server.receiver.reach(Moment.BEFORE_DATA)
            if verb == b"DATA":
                self.say("354 go on")
                if not self.hear_mail():
                    return
            self.say("221 bye" if verb == b"QUIT" else "250 fine")

    def hear_mail(self) -> bool:
        """Whether the mail came whole, with the final dot."""
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line)
        self.server.receiver.take(b"".join(lines))
        self.server.receiver.reach(Moment.AFTER_DATA)
        return True

    def say(self, words: str) -> None:
        try:
            self.wfile.write(f"{words}\r\n".encode())
        except OSError:
            return  # the client was killed: nobody listens
