"""Load scenarios, each measured against a bare Flask application in the same run."""
