"""What a browser may submit about saved views of the log."""

from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import InputRequired, Length

from portal.audit.views import LONGEST_NAME
from portal.web.forms import PortalForm


class NameForm(PortalForm):
    """What a view is called."""

    name = StringField(
        "Name",
        [InputRequired("Write what this view is called."), Length(max=LONGEST_NAME)],
        render_kw={"maxlength": str(LONGEST_NAME), "autocomplete": "off"},
    )


class ViewForm(NameForm):
    """A new view: its name, and the filters that the log had."""

    is_shared = BooleanField(
        "Everybody who reads the whole log sees it",
        description="Else it is yours alone. This cannot be changed later.",
    )
    query = HiddenField()

    def offer(self, *, may_share: bool) -> "ViewForm":
        if not may_share:
            del self.is_shared
        return self

    @property
    def wants_shared(self) -> bool:
        return "is_shared" in self._fields and bool(self.is_shared.data)
