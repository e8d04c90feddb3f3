"""Commands of the two_factor room."""

import click

COMMANDS: tuple[click.Command, ...] = ()
