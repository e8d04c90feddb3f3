"""A queue in the words of the filter language, so that a saved view keeps what somebody saw."""

from datetime import timedelta

from portal.support.filter_language import Filter, parse
from portal.support.queues import DUE_SOON, Queue, View, is_of_open

SAID = {
    View.MINE: "assignee:me",
    View.UNASSIGNED: "assignee:none",
    View.TEAM: "team:mine",
    View.DUE_SOON: f"due:<{DUE_SOON // timedelta(hours=1)}h",
    View.BREACHED: "due:breached",
    View.WAITING: "is:waiting",
    View.SNOOZED: "is:snoozed",
    View.ALL: "",
}


def as_filter(queue: Queue) -> Filter:
    """What narrows the view of all to the same tickets in the same order, each part once."""
    asked, said = queue.asked, parse(SAID[queue.view])
    if queue.view is not View.ALL and not is_of_open(asked):
        said += parse("is:open")
    return Filter(tuple(dict.fromkeys((said + asked).sorted_by(asked.sort).parts)))
