"""What a browser may submit about grants from a ticket."""

from datetime import datetime, timedelta

from wtforms import HiddenField, IntegerField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.catalog.snapshot import Catalog
from portal.entitlements.terms import LARGEST_LIMIT, OF_A_LIMIT
from portal.web.forms import PortalForm
from portal.web.moments import MomentField
from portal.web.texts import LONGEST_REASON

OWN = "own"
LASTING = [
    SelectChoice("1", "1 day"),
    SelectChoice("7", "7 days"),
    SelectChoice("14", "14 days"),
    SelectChoice(OWN, "Until…"),
]


class AtForm(PortalForm):
    """The instant to ask about; empty is now."""

    class Meta(PortalForm.Meta):
        csrf = False

    at = MomentField("As of")


class TicketGrantForm(PortalForm):
    """A feature for the requester; it always ends."""

    submit_key = HiddenField(validators=[Length(max=64)])
    view = HiddenField()
    feature_name = SelectField("Feature", [InputRequired("Choose a feature.")])
    days = RadioField("For", choices=LASTING, default="7")
    expires_at = MomentField("Until", [Optional()], description="Counts when “Until…” is chosen.")
    quota_limit = IntegerField(
        "Limit",
        [Optional(), NumberRange(0, LARGEST_LIMIT, OF_A_LIMIT)],
        description="Empty: the limit that counts without this grant.",
        render_kw={"inputmode": "numeric", "min": "0"},
    )
    reason = TextAreaField("Reason", [Length(max=LONGEST_REASON)], render_kw={"rows": 2})

    def offer(self, catalog: Catalog) -> None:
        present = [one for one in catalog.features.values() if not one.is_archived]
        present.sort(key=lambda one: (one.display_name or one.name).casefold())
        self.feature_name.choices = [
            SelectChoice("", "Choose…"),
            *(SelectChoice(one.name, one.display_name or one.name) for one in present),
        ]

    def end(self, now: datetime) -> datetime | None:
        """Until when, as chosen; None: nobody said."""
        if self.days.data == OWN:
            found: datetime | None = self.expires_at.data
            return found
        return now + timedelta(days=int(self.days.data))
