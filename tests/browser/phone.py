"""A phone with an authenticator app: reads QR codes off pictures, and computes codes by itself.

Neither half shares code with the portal: zxing reads the picture, `oathtool` computes the code.
"""

import io
import shutil
import subprocess
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import zxingcpp
from PIL import Image

from portal.core import clock

STEP = 30


class Phone:
    """One entry of an authenticator app."""

    def __init__(self, secret: str, label: str = "", issuer: str = "") -> None:
        self.secret = secret
        self.label = label
        self.issuer = issuer

    @classmethod
    def scan(cls, screenshot: bytes) -> "Phone":
        """Add the entry whose QR code is somewhere on the picture."""
        with Image.open(io.BytesIO(screenshot)) as picture:
            found = zxingcpp.read_barcodes(picture.convert("RGB"))
        texts = [code.text for code in found if code.text.startswith("otpauth://")]
        assert len(texts) == 1, f"one QR code expected, found {len(texts)}"
        address = urlsplit(texts[0])
        assert address.netloc == "totp"
        values = {name: value for name, (value,) in parse_qs(address.query).items()}
        return cls(values["secret"], unquote(address.path.lstrip("/")), values["issuer"])

    def code(self) -> str:
        """What the phone shows now."""
        program = shutil.which("oathtool")
        if program is None:
            pytest.skip("oathtool is not installed: apt-get install oathtool")
        at = clock.now().strftime("%Y-%m-%d %H:%M:%S UTC")
        words = [program, "--totp", "--base32", "--now", at, self.secret]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
