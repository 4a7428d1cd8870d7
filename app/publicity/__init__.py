"""月度名单: uploaded, checked, submitted, reviewed, shown to the public, confirmed."""
