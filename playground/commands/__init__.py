"""The verbs of the `cfu` command, one file each."""
