"""How each change of the support desk is driven once: ticket."""

DRIVES = {}
