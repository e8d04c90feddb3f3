"""How each change of the support desk is driven once: files."""

DRIVES = {}
