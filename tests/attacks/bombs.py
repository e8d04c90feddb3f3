"""Files that are small until somebody opens them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

MEGABYTE = 1024 * 1024
HUNDRED_MEGAPIXELS = 10_000
LARGEST_SIDE = 60_000
UNPACKED = 300 * MEGABYTE
DEPTH, PARTS = 1000, 100_000


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def picture(side: int, rows: int) -> bytes:
    """A grey PNG that says it is a square of this side, and holds so many of its rows."""
    packer, row = zlib.compressobj(1), bytes(side + 1)
    packed = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def zipped(*names: str) -> bytes:
    """Each of these files in it unpacks to 300 MB of nothing."""
    stream, part = io.BytesIO(), bytes(MEGABYTE)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in names:
            with archive.open(name, "w") as member:
                for _ in range(UNPACKED // MEGABYTE):
                    member.write(part)
    return stream.getvalue()


def document() -> bytes:
    """A .docx whose text is the bomb."""
    return zipped("word/document.xml", "[Content_Types].xml")


def matryoshka(depth: int = 6) -> bytes:
    """A zip of ten zips of ten zips, as 42.zip is."""
    inner = zipped("nothing")
    for _ in range(depth):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"{number}.zip", inner)
        inner = stream.getvalue()
    return inner


def nested_mail() -> bytes:
    """A message in a message, a thousand deep."""
    heads = (
        f'Content-Type: multipart/mixed; boundary="{n}"\r\n\r\n--{n}\r\n' for n in range(DEPTH)
    )
    return "".join(heads).encode() + b"Content-Type: text/plain\r\n\r\nx\r\n"


def many_parts() -> bytes:
    """A message of a hundred thousand parts."""
    part = b"--x\r\nContent-Type: text/plain\r\n\r\na\r\n"
    return b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n' + part * PARTS + b"--x--\r\n"


def laughs() -> bytes:
    """An XML text whose entities double thirty times."""
    lines = "".join(f'<!ENTITY l{n} "&l{n - 1};&l{n - 1};">' for n in range(1, 31))
    return (
        f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY l0 "ha">{lines}]><svg>&l30;</svg>'.encode()
    )


def packed(size: int) -> bytes:
    """So many bytes of nothing as gzip."""
    packer = zlib.compressobj(9, wbits=31)
    parts: Iterator[bytes] = (packer.compress(bytes(MEGABYTE)) for _ in range(size // MEGABYTE))
    return b"".join(parts) + packer.flush()
