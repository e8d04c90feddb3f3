"""What a browser may submit with a decision on a coupon: why."""

from wtforms import HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal.coupons.forms import AskingForm
from portal.web.forms import PortalForm
from portal.web.texts import LONGEST_REASON

ROOM = {"rows": 2, "maxlength": str(LONGEST_REASON)}
KEPT = "The audit log keeps it."


class ApprovalForm(PortalForm):
    """Of a request: it carries which coupon was looked at."""

    seen = HiddenField()
    reason = TextAreaField(
        "Reason",
        [Length(max=LONGEST_REASON)],
        description="Needed to reject. " + KEPT,
        render_kw=ROOM,
    )

    def must_say_why(self) -> None:
        self.reason.validators = [InputRequired("Say why you reject it."), *self.reason.validators]


class SwitchForm(AskingForm):
    """To disable a coupon or enable it again."""

    reason = TextAreaField(
        "Reason",
        [InputRequired("Say why."), Length(max=LONGEST_REASON)],
        description=KEPT,
        render_kw=ROOM,
    )
