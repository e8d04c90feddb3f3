"""The queues: which tickets wait, for whom, and until when."""
