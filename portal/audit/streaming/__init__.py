"""The ledger as it happens, for a SIEM: in the order of its leaves, without a gap."""
