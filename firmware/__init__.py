"""Firmware: a `.tflite` model and its kernels, made into a program for a SoC."""
