"""What a browser may submit about the plan of a tenant."""

from wtforms import HiddenField, IntegerField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import HiddenInput

from portal.web.forms import PortalForm
from portal.web.moments import MomentField
from portal.web.texts import LONGEST_REASON

REASON = [InputRequired("Say why, for whoever reads the history."), Length(max=LONGEST_REASON)]
HINT = "Stands in the history and in the audit log."
QUIET = {"autocomplete": "off"}


class ChangeForm(PortalForm):
    plan = HiddenField()
    expected = IntegerField(widget=HiddenInput())
    trial_ends_at = MomentField(
        "Trial until", description="Leave it empty when this is no trial. Then the plan stays on."
    )
    reason = StringField("Reason", REASON, description=HINT, render_kw=QUIET)
    stamp = "expected"
    shows_present = True


class TrialForm(PortalForm):
    trial_ends_at = MomentField("New end of the trial", [InputRequired("Choose an instant.")])
    reason = StringField("Reason", REASON, description=HINT, render_kw=QUIET)


class EndTrialForm(PortalForm):
    reason = StringField("Reason", REASON, description=HINT, render_kw=QUIET)


class CancelForm(PortalForm):
    at = MomentField("Ends", description="Leave it empty to end the plan now.")
    reason = StringField("Reason", REASON, description=HINT, render_kw=QUIET)
