"""How each change of the queues' saved views is driven once."""

from portal.core.database import db
from portal.support.models import SavedView
from portal.support.views import save_view
from tests.cast import actor

VIEW = {"name": "VIPs", "q": "tag:vip"}


def _view(s) -> SavedView:
    view = save_view(by=actor(s.ann), name="Mine", query="assignee:me")
    db.session.flush()
    return view


def _change(s, verb, **fields):
    return s.here.submit(f"/support/views/{_view(s).id}{verb}", **fields)


DRIVES = {
    "support.add_view": lambda s: s.here.submit("/support/views/new", **VIEW),
    "support.keep_view": lambda s: _change(s, "", **VIEW),
    "support.reorder_view": lambda s: _change(s, "/move", direction="down"),
    "support.drop_view": lambda s: _change(s, "/remove"),
}
