"""What needs me now: the first page after signing in."""
