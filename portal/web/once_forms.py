"""Forms that make something once, however often they are sent.

Without JavaScript a browser sends a form anew each time its button is pressed, until the answer is
there. The key of the form, what it made and where that is seen are one transaction; keys are
forgotten after a day, with those of the API.
"""

import hashlib

from flask import flash
from flask.typing import ResponseReturnValue
from wtforms import HiddenField
from wtforms.validators import Length

from portal.core.once import FormUsed, new_once
from portal.web.forms import PortalForm
from portal.web.htmx import see_other
from portal.web.idempotency import claim
from portal.web.models import IdempotencyKey


class OnceForm(PortalForm):
    """The view asks `led_to` before its deed, and says `leads_to` ahead of the commit."""

    once = HiddenField(validators=[Length(max=64)], default=new_once)
    _claim: IdempotencyKey | None = None

    def led_to(self) -> str | None:
        """Where this very form led before; None: it was not sent. A twin that runs is waited for.

        Raises:
            FormUsed: it said something else then.
        """
        said = self._said()
        self._claim, is_new = claim(f"form {self.once.data}", said)
        if is_new:
            return None
        if self._claim.body_sha256 != said:
            raise FormUsed("This form made something else before. Load the page again for more.")
        return (self._claim.answer or b"").decode()

    def leads_to(self, url: str) -> None:
        """Remembered with what is about to be committed."""
        if self._claim is not None:
            self._claim.status, self._claim.answer = 303, url.encode()

    def _said(self) -> bytes:
        csrf = self.meta.csrf_field_name
        said = {name: value for name, value in self.data.items() if name != csrf}
        return hashlib.sha256(repr(sorted(said.items())).encode()).digest()


def counted_once(url: str) -> ResponseReturnValue:
    """Where a form that is sent again leads."""
    flash("This form was sent more than once. It counts once.", "info")
    return see_other(url)
