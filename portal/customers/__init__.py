"""The companies that are our customers, their people, and the tokens that act for them."""
