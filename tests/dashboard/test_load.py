"""Who has the most open work, where many have more than is counted."""

import pytest

from portal.core.database import db
from portal.core.roles import Role
from portal.support.workload import MOST, workload
from tests.support.desk import make_agent
from tests.support.queue_cast import put_many


@pytest.fixture
def give(staff, desk):
    """Gives agents, by their roles, so many open tickets each. Bea has three before."""
    for role in (Role.ADMIN, Role.MANAGER):
        make_agent(staff[role])

    def give(**counts: int) -> None:
        owners = [staff[Role(role)].id for role, count in counts.items() for _ in range(count)]
        put_many(desk, len(owners), assignee_id=owners.__getitem__)
        db.session.flush()

    return give


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"admin": MOST + 1, "manager": MOST + 9}, ("Ann Admin", f"{MOST}+")),
        ({"admin": MOST, "manager": 2}, ("Ann Admin", f"{MOST}")),
        ({"admin": MOST, "manager": MOST + 1}, ("Mo Manager", f"{MOST}+")),
        ({"admin": MOST, "support_agent": MOST}, ("Bea Agent", f"{MOST}+")),
        ({"manager": 4}, ("Mo Manager", "4")),
        ({"admin": 60, "manager": 161, "support_agent": 60}, ("Mo Manager", "161")),
    ],
)
def test_who_has_most_stands_first_and_of_many_the_first_name(give, counts, shown):
    give(**counts)
    (first,) = workload(few=1).agents
    assert (first.name, first.open) == shown


def test_of_those_with_more_than_is_counted_no_more_are_shown_than_are_asked_for(give):
    give(admin=MOST + 1, manager=MOST + 1, support_agent=MOST)
    found = workload(few=2)
    assert [load.name for load in found.agents] == ["Ann Admin", "Bea Agent"]
    assert [(load.name, load.open) for load in found.teams] == [("Products", f"{MOST}+")]


def test_others_follow_whoever_has_more_than_is_counted(give):
    give(admin=MOST + 1, manager=4)
    assert [load.name for load in workload(few=2).agents] == ["Ann Admin", "Mo Manager"]


@pytest.mark.parametrize(("count", "says"), [(MOST - 3, False), (MOST - 2, True)])
def test_the_card_says_where_names_decide(give, browser_of, count, says):
    give(manager=count)
    page = browser_of(Role.MANAGER).get("/").text
    assert (f"Those with {MOST}+ are sorted by name." in page) is says
