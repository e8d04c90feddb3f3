"""Commands of subscriptions."""

import click

COMMANDS: tuple[click.Command, ...] = ()
