"""What a WSGI server loads: `gunicorn wsgi:app`. Commands find the demo's seeds here as well."""

from portal import create_app
from seeds.commands import seed_commands

app = create_app()
app.cli.add_command(seed_commands)
