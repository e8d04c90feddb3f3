"""Tickets of customers: their queues, their conversations and the time in which they are due."""
