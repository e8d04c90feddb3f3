"""A mail server on the loopback address that can be told how to behave."""

from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from portal.mail import delivery
from portal.mail.gateway import SmtpGateway

SECONDS_TO_START = 60


class Post:
    """Keeps what it accepts. `answers` says what to reply to RCPT and to the message."""

    def __init__(self):
        self.accepted = []
        self.answers = {}

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.answers.get("RCPT") == "cut":
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.answers.get("DATA") == "cut":
            server.transport.abort()
        answer = self.answers.get("DATA", "250 OK")
        if answer.startswith("250"):
            self.accepted.append(envelope)
        return answer


class Loopback(Controller):
    def factory(self):
        return SMTP(self.handler, enable_SMTPUTF8=True)

    def _trigger_server(self):
        # Port 0 asked for any free one; the first connection must know which it became.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def post(monkeypatch):
    """The server that every delivery of this test goes to."""
    controller = Loopback(Post(), hostname="127.0.0.1", port=0, ready_timeout=SECONDS_TO_START)
    controller.start()
    url = urlsplit(f"smtp://127.0.0.1:{controller.port}")
    use(monkeypatch, SmtpGateway(url, sender="portal@boxcostpro.test"))
    yield controller.handler
    controller.stop()


def use(monkeypatch, gateway):
    monkeypatch.setattr(delivery, "chosen_gateway", lambda: gateway)
