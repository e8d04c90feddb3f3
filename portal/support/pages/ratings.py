"""What customers thought of a solution: the page behind the mailed link."""
