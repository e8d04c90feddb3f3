"""A zip that is sent while it is written: nothing of it stays in memory or on a disk."""

import hashlib
import zipfile
from collections.abc import Iterable, Iterator

AT_ONCE = 64 * 1024
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The zip format knows no earlier time: the same content gives the same file."""


class Outflow:
    """What `ZipFile` writes to. It cannot be sought in, so sizes stand behind each file."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        return len(data)

    def flush(self) -> None:
        """Whatever was written waits for `taken`."""

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= AT_ONCE

    def taken(self) -> bytes:
        data, self._waiting = bytes(self._waiting), bytearray()
        return data


class StreamedZip:
    """Files one after the other. `digests` holds the SHA-256 of those that are whole."""

    def __init__(self) -> None:
        self.digests: dict[str, str] = {}
        self._outflow = Outflow()
        # Not a file, but all that is asked of one that cannot be sought in.
        self._zip = zipfile.ZipFile(self._outflow, "w", zipfile.ZIP_DEFLATED)  # type: ignore[call-overload]

    def add(self, name: str, content: Iterable[bytes]) -> Iterator[bytes]:
        """The bytes of the zip that are due, while the file is added."""
        info = zipfile.ZipInfo(name, EARLIEST)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.create_system, info.external_attr = 3, 0o100644 << 16
        digest = hashlib.sha256()
        # Of a stream the size is not known before its end: it may outgrow what 32 bits count.
        with self._zip.open(info, "w", force_zip64=not isinstance(content, list)) as member:
            for part in content:
                digest.update(part)
                member.write(part)
                if self._outflow.is_full:
                    yield self._outflow.taken()
        self.digests[name] = digest.hexdigest()

    def close(self) -> bytes:
        """The end of the zip, with its list of files."""
        self._zip.close()
        return self._outflow.taken()
