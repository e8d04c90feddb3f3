"""Messages for the next page that come with a button of their own."""

from collections.abc import Mapping
from typing import cast

from flask import flash


def flash_with_button(
    text: str, *, label: str, action: str, fields: Mapping[str, str | int], seconds: int
) -> None:
    """The button posts `fields` to `action`. It leaves the page by itself after so many seconds."""
    offered = {"text": text, "label": label, "action": action, "fields": dict(fields)}
    # Flask keeps any message that JSON can say, and calls it a text.
    flash(cast("str", {**offered, "seconds": seconds}), "success")
