"""Data to begin with, and the commands that put it there."""
