"""Files that come with messages, handled as hostile."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.support.models import SupportMessage


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent: its name and type are only what the sender says."""

    filename: str
    data: bytes


def attach(message: SupportMessage, uploads: Sequence[Upload]) -> None: ...
