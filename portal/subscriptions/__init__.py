"""Which plan a tenant is on, over time."""
