"""Connections that their server has left, seen before they are handed out.

After a restart of the server each one in a pool is dead. To ask each of them would cost every page
a round trip; to look whether its server said something unasked costs a few microseconds.
"""

import select
from typing import Any

from sqlalchemy.exc import DisconnectionError

NOW = 0


def refuse_lost(connection: Any, _record: object, _proxy: object) -> None:
    """For the `checkout` of a pool of connections to PostgreSQL.

    Between two uses a server has nothing to say but that it goes, and then its end of the line is
    closed. Whatever else it may be, such as a setting that was changed, the next one knows, too.

    Raises:
        DisconnectionError: the pool connects anew.
    """
    if connection.closed:
        raise DisconnectionError("closed")
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(NOW):
        raise DisconnectionError("left by its server")
