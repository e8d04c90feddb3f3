"""Files that somebody might send to harm who opens them."""

import struct
import zlib

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="document.title=1">'
    b"<script>document.title = 'ran'; fetch('/rate/ran')</script></svg>"
)
HTML = b"<!doctype html><title>still</title><script>document.title = 'ran'</script>"
XML = b'<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>'
GIF_AND_SCRIPT = b"GIF89a/*\x00\x00\x00\x00*/=1;document.title='ran';//"
PROGRAM = b"MZ\x90\x00" + b"\x00" * 200
PDF = b"%PDF-1.7\n%\xe2\xe3\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj"
ZIP_BOMB = b"PK\x03\x04" + b"\x00" * 4000


def png(width: int = 1, height: int = 1) -> bytes:
    """A picture of one colour."""
    row = b"\x00" + b"\x40" * width
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * height)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


NAMES = {
    "../../etc/passwd": "passwd",
    "C:\\temp\\evil.exe": "evil.exe",
    "..": "file",
    "": "file",
    ".htaccess": "htaccess",
    "a\r\nSet-Cookie: x=1.txt": "aSet-Cookie_ x=1.txt",
    '"><img src=x onerror=alert(1)>.png': "_img src=x onerror=alert(1)_.png",
    "invoice\u202excod.exe": "invoicexcod.exe",
    "\u2066invoice\u2069\u200f.pdf": "invoice.pdf",
    "nul\x00l.txt": "null.txt",
    "NUL": "_NUL",
    "com1.txt": "_com1.txt",
    "half\ud800surrogate.txt": "halfsurrogate.txt",
    "Angebot 50%; größer.pdf": "Angebot 50%; größer.pdf",
    "📦 box.pdf": "📦 box.pdf",
    "e\u0301.txt": "é.txt",
    "trailing. . ": "trailing",
    "x" * 300 + ".tar": "x" * 196 + ".tar",
    "y" * 300: "y" * 200,
    "z." + "w" * 300: "z." + "w" * 198,
}
"""Each name as it was sent, and what is left of it."""
