"""Tickets that belong together: merged, split, linked, followed up."""
