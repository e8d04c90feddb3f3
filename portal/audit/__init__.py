"""The ledger: who did what, when, from where, in the transaction that did it."""
