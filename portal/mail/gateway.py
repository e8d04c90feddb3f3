"""Where mail leaves the portal: an SMTP server, or a folder of files in development."""

import os
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from portal.config import Settings
from portal.mail.messages import ascii_domain

SECONDS_A_COMMAND = 20
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SECONDS_FOR_THE_VERDICT = 300  # RFC 5321 4.5.3.2.6: the server may be filing the message


class MailRefused(Exception):
    """The server said no and would say it again."""


class MailDelayed(Exception):
    """Not now: the server is away, busy, or asked to come back. Nothing was accepted."""


class FateUnknown(Exception):
    """The whole message was handed over, but no verdict came back."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A finished message and where it goes. The id names it from attempt to attempt."""

    id: int
    recipient: str
    message: bytes


class Gateway(Protocol):
    """Hands a message over, or says which of the three things above happened."""

    def deliver(self, mail: Outgoing, *, before_data: Callable[[], None]) -> None:
        """Call `before_data` just before the first byte could count as accepted."""


def gateway_for(settings: Settings) -> Gateway:
    """The gateway that `PORTAL_MAIL_URL` names."""
    url = urlsplit(settings.mail_url)
    if url.scheme == "file":
        return FileGateway(settings.mail_folder)
    return SmtpGateway(url, sender=settings.mail_from)


class FileGateway:
    """Writes `<id>.eml`. The same mail again replaces the file, so no attempt leaves a double."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def deliver(self, mail: Outgoing, *, before_data: Callable[[], None]) -> None:
        temporary = self.folder / f".{mail.id}.{os.getpid()}.tmp"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(temporary, "wb", opener=_private) as file:
                file.write(mail.message)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path_of(mail.id))
        except OSError as error:
            raise MailDelayed(f"the mail folder cannot be written: {error.strerror}") from error

    def path_of(self, mail_id: int) -> Path:
        return self.folder / f"{mail_id}.eml"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class SmtpGateway:
    """One connection a mail: `smtp://` with STARTTLS where offered, `smtps://` from the start."""

    def __init__(self, url: SplitResult, *, sender: str) -> None:
        self.url = url
        local, _, domain = parseaddr(sender)[1].rpartition("@")
        self.sender = f"{local}@{ascii_domain(domain)}"

    def deliver(self, mail: Outgoing, *, before_data: Callable[[], None]) -> None:
        with _delays(), self._connection() as smtp:
            self._sign_in(smtp)
            self._name_envelope(smtp, mail)
            before_data()
            _expect(354, *smtp.docmd("DATA"))
            smtp.send(_dotted(mail.message))
            # Without the final dot no server may deliver (RFC 5321 4.1.1.4): until here a broken
            # connection is only a delay.
            _finish(smtp)

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        is_tls = self.url.scheme == "smtps"
        host, port = self.url.hostname or "localhost", self.url.port or (465 if is_tls else 25)
        smtp: smtplib.SMTP
        if is_tls:
            context = ssl.create_default_context()
            smtp = smtplib.SMTP_SSL(host, port, timeout=SECONDS_A_COMMAND, context=context)
        else:
            smtp = smtplib.SMTP(host, port, timeout=SECONDS_A_COMMAND)
        try:
            yield smtp
        finally:
            smtp.close()

    def _sign_in(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        is_tls = self.url.scheme == "smtps"
        if not is_tls and smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
            is_tls = True
        if self.url.username:
            if not is_tls and self.url.hostname not in LOOPBACK:
                raise MailDelayed("the server offers no STARTTLS; the password stays here")
            smtp.login(unquote(self.url.username), unquote(self.url.password or ""))

    def _name_envelope(self, smtp: smtplib.SMTP, mail: Outgoing) -> None:
        local, _, domain = mail.recipient.rpartition("@")
        options = [f"SIZE={len(mail.message)}"] if smtp.has_extn("size") else []
        if not local.isascii():
            if not smtp.has_extn("smtputf8"):
                raise MailRefused("the server takes no addresses outside ASCII (no SMTPUTF8)")
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        _expect(250, *smtp.mail(self.sender, options))
        recipient = f"{local}@{ascii_domain(domain)}"
        code, text = smtp.rcpt(recipient)
        _expect(251 if code == 251 else 250, code, text)


def _finish(smtp: smtplib.SMTP) -> None:
    """Send the dot and hear the verdict. From here on silence means: nobody knows."""
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(SECONDS_FOR_THE_VERDICT)
        code, text = smtp.docmd(".")
    except (OSError, smtplib.SMTPException) as error:
        raise FateUnknown(f"no verdict after the message was sent: {_words(error)}") from error
    _expect(250, code, text)
    try:
        smtp.docmd("QUIT")
    except (OSError, smtplib.SMTPException):
        return  # accepted already; politeness is not needed


def _dotted(message: bytes) -> bytes:
    """CRLF line ends and doubled leading dots (RFC 5321 4.5.2), the last line ended."""
    lines = message.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
    return b"".join(b"." * line.startswith(b".") + line + b"\r\n" for line in lines)


def _expect(wanted: int, code: int, text: bytes) -> None:
    if code == wanted:
        return
    words = f"{code} {text.decode('utf-8', 'replace')}"
    if 500 <= code < 600:
        raise MailRefused(words)
    raise MailDelayed(words)


@contextmanager
def _delays() -> Iterator[None]:
    """Whatever breaks before the final dot is a delay; a refused sign-in or greeting by its code.

    A wrong password is a delay too: somebody corrects the setting, and no mail was at fault.
    """
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise MailDelayed(f"the mail server refused our sign-in: {error.smtp_code}") from error
    except smtplib.SMTPResponseException as error:
        raise MailDelayed(_words(error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailDelayed(f"the mail server cannot be reached: {_words(error)}") from error


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
