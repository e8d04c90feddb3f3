"""The engine room: jobs, mail, health, backups."""
