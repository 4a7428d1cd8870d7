"""Other people's products on the same files."""
