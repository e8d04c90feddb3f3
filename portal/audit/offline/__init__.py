"""What an auditor runs on a machine of their own. Nothing here imports the rest of the portal."""
