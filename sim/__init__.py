"""Simulators of a SoC."""
