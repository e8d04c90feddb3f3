"""Somebody is told when what happened needs looking at."""
