"""The support desk: tickets, queues, service levels, agents, and what helps them answer."""
