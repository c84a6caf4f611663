"""The `cfu` command line: projects, names and the one flow from a design to its profile."""
