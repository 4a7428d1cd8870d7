"""The paper that goes with a package of bank files."""
