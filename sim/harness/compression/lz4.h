// The two functions of LZ4 that Verilator's waveform writer calls, for a machine without LZ4.

#ifndef SIM_HARNESS_COMPRESSION_LZ4_H_
#define SIM_HARNESS_COMPRESSION_LZ4_H_

// Most bytes that compressing `size` bytes can take.
int LZ4_compressBound(int size);

// Writes `source` as one block of the LZ4 format (lz4_Block_format.md) and returns its size, or 0
// when `capacity` is less than LZ4_compressBound(size).
int LZ4_compress_default(const char* source, char* target, int size, int capacity);

#endif  // SIM_HARNESS_COMPRESSION_LZ4_H_
