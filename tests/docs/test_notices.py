"""The table of what people hear of their account is the one in force."""

from portal.audit.words import WORDS
from portal.config import ROOT
from portal.staff.account_notices import NOTICES

PAGE = ROOT / "docs" / "sign-in.md"


def notice_table() -> str:
    """The table of `docs/sign-in.md`, drawn from `portal/staff/account_notices.py`."""
    rows = ["| what somebody did | if | bell | mail |", "|---|---|---|---|"]
    for action, told in NOTICES.items():
        bell, mail = ("yes" if way else "" for way in (told.text, told.mail))
        rows.append(
            f"| {WORDS[action]} | {told.only or ''} | {bell} | {mail} |".replace("|  ", "| ")
        )
    return "\n".join(rows)


def test_what_people_hear_of_their_account_is_told_in_the_docs():
    assert notice_table() in PAGE.read_text("utf-8"), notice_table()
