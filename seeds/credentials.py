"""The demo people's passwords and secrets, generated with them and kept in one private file."""

import json
from pathlib import Path
from typing import TypedDict

from flask import has_app_context

from portal.config import load_settings, settings

FILE = "demo-credentials.json"


class Person(TypedDict):
    email: str
    password: str
    totp_secret: str | None


def demo_people() -> dict[str, Person]:
    """Who was seeded, by role; nobody when this database has no demo people."""
    try:
        people: dict[str, Person] = json.loads(credentials_file().read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return people


def credentials_file() -> Path:
    """In the running application's own folder; outside of one, where the environment says."""
    found = settings() if has_app_context() else load_settings()
    return found.instance_dir / FILE
