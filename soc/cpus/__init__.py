"""CPU variants, one file each."""
