"""What every room stands on and no feature owns."""
