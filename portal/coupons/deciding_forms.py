"""What a browser may submit with a decision on a coupon: why, and whether a manager is asked."""

from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from portal.core.errors import DomainError
from portal.coupons.limits import BeyondLimits
from portal.web.forms import SeenForm
from portal.web.texts import LONGEST_REASON

ROOM = {"rows": 2, "maxlength": str(LONGEST_REASON)}
KEPT = "The audit log keeps it."
TYPED_AT = {
    "basis_points": "percent",
    "amounts": "kind",
    "is_public": "tenants",
    "tenant_ids": "tenants",
}
"""Where a term of another name is typed."""


class AskingForm(SeenForm):
    """A form whose deed may pass the limits of whoever sends it; then they can ask a manager."""

    shows_present = True
    passed: tuple[str, ...] = ()
    """The limits, in words: no error of a field, and nothing that another value must mend."""

    def add_refusal(self, error: DomainError) -> None:
        if isinstance(error, BeyondLimits):
            self.passed = tuple(error.passed)
            return
        error.field = TYPED_AT.get(error.field or "", error.field)
        super().add_refusal(error)


class ApprovalForm(SeenForm):
    """Of a request: it carries which coupon was looked at."""

    shows_present = True
    reason = TextAreaField(
        "Reason",
        [Length(max=LONGEST_REASON)],
        description="Needed to reject. " + KEPT,
        render_kw=ROOM,
    )

    def must_say_why(self) -> None:
        self.reason.validators = [DataRequired("Say why you reject it."), *self.reason.validators]


class SwitchForm(AskingForm):
    """To disable a coupon or enable it again."""

    reason = TextAreaField(
        "Reason",
        [DataRequired("Say why."), Length(max=LONGEST_REASON)],
        description=KEPT,
        render_kw=ROOM,
    )
