"""Changing what a ticket is about, who has it, and until when it sleeps."""
