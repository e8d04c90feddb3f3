"""What `make run` prints."""

from portal.config import settings
from seeds.serve import welcome_text


def test_the_address_to_open_is_the_one_that_passkeys_belong_to(app):
    assert f"{settings().brand} is at {settings().base_url}\n" in welcome_text()
    assert "no demo sign-in was made" in welcome_text()
