"""Prepared answers and macros."""
