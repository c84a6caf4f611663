"""What Renode needs to run a SoC: a platform, a script and the CFU as a library."""
