"""How each change of the support desk is driven once: desk api."""

DRIVES = {}
