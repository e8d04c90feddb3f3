"""Grants, blocks and their log, over JSON."""
