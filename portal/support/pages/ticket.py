"""One ticket: its thread, the composer, and what stands beside it."""
