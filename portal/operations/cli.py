"""Commands of the operations room."""

import click

COMMANDS: tuple[click.Command, ...] = ()
