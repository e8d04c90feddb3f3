"""One change for many tickets, with a result for each."""
