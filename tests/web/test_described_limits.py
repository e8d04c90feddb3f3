"""What the API's description says of the server in front of it."""

import re

from portal.config import ROOT
from portal.web.openapi import PROBLEMS


def test_the_description_tells_the_longest_address_that_gunicorn_takes():
    settings = (ROOT / "gunicorn.conf.py").read_text()
    limit = re.search(r"^limit_request_line = (\d+)$", settings, re.MULTILINE)
    assert limit
    assert PROBLEMS["414"]["description"].endswith(f" {int(limit[1]):,} bytes")
