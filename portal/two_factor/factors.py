"""What the staff room may ask for as a second step."""


def register_factors() -> None:
    """Make the factors known to the sign-in."""
