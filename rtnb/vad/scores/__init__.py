"""What a setting gets right and wrong."""
