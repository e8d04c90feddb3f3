"""The `flask staff` group, to which this room and those above it add their commands."""

import click


@click.group("staff")
def staff_commands() -> None:
    """People of the portal."""
