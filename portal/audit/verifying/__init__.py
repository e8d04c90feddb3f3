"""Is the ledger what it was? Everything that is checked, and the nightly round that asks."""

from portal.audit.verifying.checks import NoSuchCheckpoint, verify
from portal.audit.verifying.report import Ending, Fault, Kind, Report
from portal.audit.verifying.rounds import latest
from portal.audit.verifying.snapshots import snapshot, verify_now

__all__ = [
    "Ending",
    "Fault",
    "Kind",
    "NoSuchCheckpoint",
    "Report",
    "latest",
    "snapshot",
    "verify",
    "verify_now",
]
