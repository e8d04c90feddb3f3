"""The JSON API of the support desk."""

from portal.support.api import desk, files, goodwill, messages, tickets
from portal.support.api.blueprint import api

__all__ = ["api", "desk", "files", "goodwill", "messages", "tickets"]
