"""What Flask needs to serve rooms, without knowing any of them."""
