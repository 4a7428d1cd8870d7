"""What the measurements share: a server of their own, a meter, a province, files."""
