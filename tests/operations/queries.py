"""Where `counted` stood before other rooms counted too."""

from tests.statements import counted

__all__ = ["counted"]
