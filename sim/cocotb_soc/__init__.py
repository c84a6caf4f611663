"""A whole SoC under cocotb: firmware runs on it while the bus of its CFU is watched."""
