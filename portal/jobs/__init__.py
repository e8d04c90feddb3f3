"""Durable background work: a table, a registry of handlers and a loop. The mechanism only."""
