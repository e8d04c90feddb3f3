"""Consuming, reserving and reporting, over JSON."""
