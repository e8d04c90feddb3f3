"""What the catalogue asks of rooms above it."""

from blinker import signal

plan_in_use = signal("catalog.plan_in_use")
"""Sent with the id of a plan that is about to be archived, its row locked.

Each listener answers how many tenants are on it now or will be; more than none refuses.
"""
