"""Each form that says what its reader saw: too late, told so, and sent once more."""

import pytest

from portal.support.canned import create_answer
from portal.support.macros import create_macro
from tests.cast import actor, make_user
from tests.client import fields_in, parsed
from tests.coupons.conftest import make_coupon
from tests.support.crew import hire, make_team
from tests.support.levels import make_calendar, make_rule


def plan_of_a_tenant(acme, **_):
    url = f"/subscriptions/tenants/{acme.id}?plan=basic"
    return url, "change", {"reason": "Theirs"}, {"reason": "Mine", "plan": "professional"}


def budget_of_everybody(**_):
    return "/support/goodwill/budgets/0", "", {"cap_cents": "20"}, {"cap_cents": "30"}


def budget_of_their_own(bea, **_):
    return f"/support/goodwill/budgets/{bea.id}", "", {"cap_cents": "20"}, {"cap_cents": "30"}


def team(**_):
    return f"/support/teams/{make_team().id}", "edit", *NAMES


def agent(**_):
    url = f"/support/agents/{hire('Una').id}"
    return url, "edit", {"capacity": "3", "ignores_shifts": "y"}, {"capacity": "4"}


def tenant(acme, **_):
    return f"/customers/tenants/{acme.id}/edit", "", *NAMES


def user(acme, **_):
    return f"/customers/users/{make_user(acme).id}/edit", "", *NAMES


def coupon(**_):
    return f"/coupons/{make_coupon().id}/edit", "", {"percent": "11"}, {"percent": "12"}


def answer(ann, **_):
    made = create_answer(by=actor(ann), name="First", body="Hello", is_shared=True)
    return f"/support/answers/{made.id}", "", *NAMES


def macro(ann, **_):
    made = create_macro(by=actor(ann), name="First", steps={"status": "solved"})
    return f"/support/macros/{made.id}", "", *NAMES


def level(**_):
    return f"/support/levels/{make_rule(make_calendar()).id}", "", *NAMES


def plan(**_):
    return "/catalog/plans/basic/edit", "", {"display_name": "B"}, {"display_name": "Mine"}


NAMES = ({"name": "Theirs"}, {"name": "Mine"})
FORMS = [
    plan_of_a_tenant,
    budget_of_everybody,
    budget_of_their_own,
    team,
    agent,
    tenant,
    user,
    coupon,
    answer,
    macro,
    level,
    plan,
]


SEEN = ("expected", "version", "seen")


def form_in(page, action):
    """The form with what its reader saw; of some on a page the one that does this."""
    this = f"form[action$='/{action}']" if action else "form"
    return page.select_one(", ".join(f"{this}:has([name={name}])" for name in SEEN))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_whoever_was_too_late_and_was_told_so_may_go_on(ann_proven, ann, acme, bea, catalog, form):
    url, action, theirs, mine = form(acme=acme, ann=ann, bea=bea)
    there = url.partition("?")[0] + (f"/{action}" if action else "")
    opened = fields_in(form_in(ann_proven.soup(url), action))
    assert ann_proven.submit(there, **{**opened, **theirs}).status_code == 303
    late = ann_proven.submit(there, **{**opened, **mine})
    assert late.status_code in {409, 422}
    told = parsed(late)
    assert told.select_one(".error-summary")
    shown = fields_in(form_in(told, action))
    assert {name: shown[name] for name in mine} == {name: [text] for name, text in mine.items()}
    assert ann_proven.submit(there, **shown).status_code == 303


def test_a_mistake_of_ones_own_hides_no_change_of_somebody_elses(ann_proven, acme):
    url = f"/customers/tenants/{acme.id}/edit"
    opened = fields_in(form_in(ann_proven.soup(url), ""))
    ann_proven.submit(url, **{**opened, "name": "Theirs"})
    wrong = parsed(ann_proven.submit(url, **{**opened, "name": ""}))
    late = ann_proven.submit(url, **{**fields_in(form_in(wrong, "")), "name": "Mine"})
    assert (late.status_code, "Somebody changed it" in late.text) == (422, True)


def test_who_was_too_late_reads_no_raw_values_and_may_look(ann_proven):
    url = f"/support/teams/{make_team(name='Nights').id}"
    typed = {"name": "Mine", "strategy": "manual", "lead_id": ""}
    late = ann_proven.submit(f"{url}/edit", **typed, seen="long ago")
    summary = parsed(late).select_one(".error-summary")
    told = "Somebody changed it a moment ago. Yours was not saved."
    assert summary.select_one("li").get_text() == told
    assert summary.select_one("a[target=_blank]")["href"] == url
