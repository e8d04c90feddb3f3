"""What the form of the log offers. The actions are many, so that their list is drawn once."""

from functools import lru_cache
from itertools import groupby

from markupsafe import Markup

from portal.audit.actions import Action, Outcome, Severity
from portal.audit.words import WORDS

OUTCOMES = [(outcome.value, outcome.value.capitalize()) for outcome in Outcome]
SEVERITIES = [(severity.value, severity.value.capitalize()) for severity in Severity]
GROUP = Markup('<optgroup label="{}">{}</optgroup>')
OPTION = Markup('<option value="{}"{}>{}</option>')
CHOSEN = Markup(" selected")


@lru_cache(maxsize=len(Action) + 1)
def options_of_actions(chosen: str) -> Markup:
    """Every action in words, under what it is about. `chosen` is an action or empty."""
    found = sorted(WORDS, key=_subject)
    first = OPTION.format("", "", "All actions")
    return first + Markup("").join(
        GROUP.format(
            subject.replace("_", " ").capitalize(),
            Markup("").join(_option(action, chosen) for action in actions),
        )
        for subject, actions in groupby(found, key=_subject)
    )


def _subject(action: Action) -> str:
    return action.value.partition(".")[0]


def _option(action: Action, chosen: str) -> Markup:
    mark = CHOSEN if action.value == chosen else ""
    return OPTION.format(action.value, mark, WORDS[action].capitalize())
