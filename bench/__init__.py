"""Measurements: each module prints a table and writes it beside itself. `python -m bench` runs all."""
