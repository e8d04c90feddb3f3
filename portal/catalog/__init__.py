"""What can be sold: features, and the plans that bundle them."""
