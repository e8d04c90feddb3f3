"""What a browser may submit about quotas."""

from wtforms import IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.customers.named import HOW
from portal.entitlements.quotas import MOST_AT_ONCE
from portal.web.forms import PortalForm
from portal.web.moments import MomentField
from portal.web.once_forms import OnceForm
from portal.web.texts import LONGEST_REASON

NUMBER = {"inputmode": "numeric", "min": "1"}
WHY = [InputRequired("Say why: it stands in the audit log."), Length(max=LONGEST_REASON)]


class QuotaForm(PortalForm):
    """Which feature's counter, and whose: the tenant's, or that of one of its users."""

    feature_name = SelectField("Feature", [InputRequired("Choose a feature.")])
    user_id = StringField(
        "Only for the user", [Optional()], description=f"{HOW} Empty: for the tenant as a whole."
    )

    def offer(self, features: list[tuple[str, str]]) -> None:
        named = [SelectChoice(name, label) for name, label in features]
        self.feature_name.choices = [SelectChoice("", "Choose…"), *named]


class TopUpForm(QuotaForm, OnceForm):
    """So much once, beside what the plan or a grant gives."""

    amount = IntegerField(
        "How much",
        [
            InputRequired("Enter a number."),
            NumberRange(1, MOST_AT_ONCE, f"Use a whole number from 1 to {MOST_AT_ONCE:,}."),
        ],
        render_kw=NUMBER,
    )
    expires_at = MomentField("Until", [Optional()], description="Empty: until it is used up.")
    reason = StringField("Reason", WHY)


class WithdrawForm(PortalForm):
    """What is left of a top-up counts no more."""

    reason = StringField("Reason", WHY)


class ResetForm(QuotaForm):
    """Nothing is used any more, from now to the end of the running period."""

    reason = StringField("Reason", WHY)
