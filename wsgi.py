"""What a WSGI server loads: `gunicorn wsgi:app`. Commands find the demo's seeds here as well."""

from portal import create_app
from portal.web.commands import add_commands
from seeds.commands import seed_commands

app = create_app()
add_commands(app, seed_commands)
