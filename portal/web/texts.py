"""Text in bodies and queries of the API that both databases can hold and compare."""

from typing import Annotated

from pydantic import AfterValidator, Field

LONGEST_REASON = 500
"""As much of a reason as the ledger keeps."""


def whole(text: str) -> str:
    """The text, unless it holds a NUL or half of a character, which PostgreSQL keeps neither of."""
    if "\x00" in text:
        raise ValueError("no NUL characters")
    text.encode()  # of a surrogate that stands alone it raises a ValueError
    return text


WHOLE = AfterValidator(whole)
"""Stands behind the lengths: before them the description would lose these."""
Text = Annotated[str, WHOLE]
Reason = Annotated[str, Field(max_length=LONGEST_REASON), WHOLE]
"""Why, in our own words; it stands in the audit log."""
