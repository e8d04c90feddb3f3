"""The menu marks the entry that a page belongs to, wherever the page's address begins."""

import pytest

from portal.core.permissions import Permission
from portal.web.nav import navigation
from tests.addresses import pages_of_staff

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
# What is in the menu of one's own account, and files.
IN_NO_MENU = ("/account/", "/support/attachments/")


@pytest.mark.parametrize(("path", "label"), BELONG.items())
def test_the_menu_says_where_a_page_belongs(mo_client, path, label):
    marked = mo_client.soup(path).select("#sidebar [aria-current]")
    assert [entry.get_text(strip=True) for entry in marked] == [label]


def test_a_page_that_begins_alike_belongs_to_no_entry(mo_client):
    assert not mo_client.soup("/supports").select("#sidebar [aria-current]")


@pytest.mark.parametrize(
    "path",
    [
        "/entitlements/tenants/{tenant}/grant",
        "/entitlements/tenants/{tenant}/usage",
        "/subscriptions/tenants/{tenant}",
        "/support/tenants/{tenant}/tickets",
    ],
)
def test_what_higher_rooms_show_of_a_customer_belongs_to_the_customers(ann_client, acme, path):
    marked = ann_client.soup(path.format(tenant=acme.id)).select("#sidebar [aria-current]")
    assert [entry.get_text(strip=True) for entry in marked] == ["Customers"]


def test_every_page_belongs_somewhere(app):
    nowhere = [path for path in pages_of_staff(app) if not is_marked(app, path)]
    assert [path for path in nowhere if not path.startswith(IN_NO_MENU)] == []


def is_marked(app, path):
    with app.test_request_context(path):
        return "aria-current" in navigation(frozenset(Permission))
