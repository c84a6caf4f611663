// Running the model and reading its outputs.

#ifndef FIRMWARE_MLPERF_INFERENCE_H_
#define FIRMWARE_MLPERF_INFERENCE_H_

#include <cstdint>

namespace playground::mlperf {

// Runs the model on the stimulus so many times, one after the other.
void Infer(uint32_t count);

// Returns the layer that runs, or the one that ran last.
uint32_t RunningLayer();

// Makes the results of the last inference, which stay until the next call.
void ComputeResults();

bool HaveResults();

// Writes the results for the host.
void PutResults();

// Microseconds since reset, by the CPU's cycle counter and the clock it is meant to have.
uint64_t Microseconds();

}  // namespace playground::mlperf

#endif  // FIRMWARE_MLPERF_INFERENCE_H_
