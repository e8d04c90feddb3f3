"""Nobody is sent to another site."""

import pytest

from portal.web.urls import safe_next

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
