"""What a browser says it is, in words that its owner recognises."""

import pytest

from portal.staff.devices import UNKNOWN, device_label

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/120.0.0.0", "Chrome on Linux"),
        (
            f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {WEBKIT} Chrome/119.0.0.0 Mobile",
            "Chrome Mobile on Android",
        ),
        ("Mozilla/5.0 (Windows NT 10.0; rv:121.0) Gecko Firefox/121.0", "Firefox on Windows"),
        ("curl/8.1", "curl"),
        ("nothing that anybody knows", UNKNOWN),
        ("", UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_a_browser_is_named_with_its_system(user_agent, label):
    assert device_label(user_agent) == label
