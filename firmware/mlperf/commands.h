// The commands of MLPerf Tiny's device protocol, as mlcommons/tiny's `benchmark/api` has them.

#ifndef FIRMWARE_MLPERF_COMMANDS_H_
#define FIRMWARE_MLPERF_COMMANDS_H_

#include <cstdint>

namespace playground::mlperf {

constexpr char kTerminator = '%';
constexpr uint32_t kMaxCommandBytes = 80;

// Carries out a command and answers it, all but the final `m-ready`.
//
// `command`: without its terminator, zero-terminated; it is cut into words in place.
void Execute(char* command);

// Writes when something happened: `m-lap-us-...`.
void PutTimestamp(uint64_t microseconds);

}  // namespace playground::mlperf

#endif  // FIRMWARE_MLPERF_COMMANDS_H_
