"""Nobody is sent to another site."""

import pytest

from portal.web.urls import safe_next, way_back

FOREIGN = (
    "//evil.test",
    "https://evil.test",
    "/\\evil.test",
    "/\t/evil.test",
    "///evil.test",
    "http:///evil.test",
    "javascript:alert(1)",
    "%2f%2fevil.test",
    "/%0d%0aSet-Cookie:x",
    "/%2fevil.test",
    "/%5cevil.test",
    "/%09/evil.test",
    "https:evil.test",
    "\\\\evil.test",
    "@evil.test",
    "/ok\r\nSet-Cookie: x=1",
    "/" + "a" * 5000,
    "",
    None,
)


@pytest.mark.parametrize("target", FOREIGN)
def test_what_is_no_path_of_ours_leads_to_the_start(app, target):
    assert safe_next(target) == "/"


@pytest.mark.parametrize("target", ["/", "/staff?q=a%2Fb&role=admin", "/audit/events/1#facts"])
def test_a_path_of_ours_is_kept(app, target):
    assert safe_next(target) == target


@pytest.mark.parametrize(
    ("method", "address", "back"),
    [
        ("GET", "/staff", "/staff"),
        ("GET", "/audit?outcome=failure&q=a%20b", "/audit?outcome=failure&q=a%20b"),
        ("POST", "/account/preferences", "/account/preferences"),
        ("POST", "/customers/users/1/erase", "/"),
        ("POST", "/nothing-here", "/"),
    ],
)
def test_the_way_back_to_a_page_can_be_opened(app, method, address, back):
    with app.test_request_context(address, method=method):
        assert way_back() == back
