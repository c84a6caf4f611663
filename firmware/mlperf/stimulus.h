// The input of the next inferences, which the host loads a few bytes at a time.

#ifndef FIRMWARE_MLPERF_STIMULUS_H_
#define FIRMWARE_MLPERF_STIMULUS_H_

#include <cstdint>

namespace playground::mlperf {

// Forgets what was loaded and expects this many bytes, at most as many as the model takes. Returns
// false, and expects nothing any more, if it is none or too many.
bool BeginLoad(uint64_t bytes);

// Whether bytes are expected.
bool IsLoading();

// Takes the next of the bytes that are expected.
void LoadByte(uint8_t byte);

uint32_t LoadedBytes();
uint8_t LoadedByte(uint32_t index);

// Whether the model's whole input was loaded.
bool IsLoaded();

// Makes the tensor's values of what was loaded; to be called once before `FillInput`.
void PrepareInput();

// Writes the model's input. Needed before each inference, since layers may use its place for more.
void FillInput();

// Returns a value of the input, as a real number, as the host sent it.
float RealInput(uint32_t index);

}  // namespace playground::mlperf

#endif  // FIRMWARE_MLPERF_STIMULUS_H_
