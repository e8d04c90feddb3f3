"""One page as one person sees it."""

from enum import StrEnum
from typing import NamedTuple


class Who(StrEnum):
    """Who sits before the browser."""

    NOBODY = "nobody"
    PREAUTH = "Ann before her second step"
    NEWCOMER = "Cy, who must enrol"
    BARE = "Fay, who has no second factor"
    ANN = "Ann"
    ANN_PROVEN = "Ann, who has just proven herself"
    BEA = "Bea"
    MO = "Mo, a manager"
    IVO = "Ivo, who has tickets"
    MEG = "Meg of marketing"
    LOST = "Lea, who lost everything"
    RECOVERING = "Rea, whose recovery waits for its code"
    ALARMED = "Sam, whose account somebody else asks to recover"


class Scene(NamedTuple):
    """One page as one person sees it. `{names}` in the path are those of the sample data."""

    who: Who
    path: str
    status: int = 200

    @property
    def name(self) -> str:
        return f"{self.who}: {self.path}"
