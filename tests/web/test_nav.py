"""The menu marks the entry that a page belongs to, wherever the page's address begins."""

import pytest

BELONG = {
    "/support/queue/all": "Tickets",
    "/support/tickets/new": "Tickets",
    "/support/search?q=box": "Tickets",
    "/support/views": "Tickets",
    "/support/bulk": "Tickets",
    "/support/teams": "Agents",
    "/support/macros": "Answers",
    "/support/calendars/new": "Service levels",
    "/support/reports": "Support reports",
    "/entitlements/scheduled": "Grants",
    "/entitlements/compare": "Grants",
    "/entitlements/usage": "Over limit",
    "/audit/log": "Proofs",
    "/audit": "Audit log",
    "/": "Home",
}


@pytest.mark.parametrize(("path", "label"), BELONG.items())
def test_the_menu_says_where_a_page_belongs(mo_client, path, label):
    marked = mo_client.soup(path).select("#sidebar [aria-current]")
    assert [entry.get_text(strip=True) for entry in marked] == [label]


def test_a_page_that_begins_alike_belongs_to_no_entry(mo_client):
    assert not mo_client.soup("/supports").select("#sidebar [aria-current]")
