"""How each change of the support desk is driven once: reports."""

DRIVES = {
    "support.report_csv": lambda s: s.here.get("/support/reports/tickets/created.csv"),
}
