"""Reports of the support desk."""
