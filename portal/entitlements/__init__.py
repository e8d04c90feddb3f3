"""Who may use what, why, as of any instant, and how much of it is left."""
