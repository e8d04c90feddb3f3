"""Turning a template pair into subject, text and HTML.

`templates/mail/<name>.txt` begins with a line `Subject: ...` and an empty line; `<name>.html`
extends `mail/_layout.html`, whose styles are moved onto the elements, as mail readers want them.
"""

from dataclasses import dataclass
from typing import Any

import css_inline
from flask import current_app

from portal.config import settings

SUBJECT = "Subject:"
_inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a person will read."""

    subject: str
    text: str
    html: str


def written(template: str, context: dict[str, Any]) -> Letter:
    """Render the pair. Templates know `brand`, `base_url` and the context, and nothing else."""
    head, _, text = _rendered(f"mail/{template}.txt", context).lstrip().partition("\n")
    if not head.startswith(SUBJECT):
        raise ValueError(f"mail/{template}.txt must begin with '{SUBJECT} ...'")
    subject = " ".join(head.removeprefix(SUBJECT).split())
    html = _inliner.inline(_rendered(f"mail/{template}.html", {**context, "subject": subject}))
    return Letter(subject=subject, text=text.strip() + "\n", html=html)


def _rendered(name: str, context: dict[str, Any]) -> str:
    template = current_app.jinja_env.get_template(name)
    return template.render(brand=settings().brand, base_url=settings().base_url, **context)
