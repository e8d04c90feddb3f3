"""Outgoing mail: queued with the deed that causes it, sent by the worker, never twice."""
