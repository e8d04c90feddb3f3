"""The customer beside the ticket: what they may use, why, and giving them more."""
