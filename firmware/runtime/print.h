// Text from a kernel to the host's terminal, for looking into things while developing.

#ifndef FIRMWARE_RUNTIME_PRINT_H_
#define FIRMWARE_RUNTIME_PRINT_H_

#include <cstdint>

namespace playground {

// Prints a zero-terminated text. The time it takes counts towards the layer that is running.
void Print(const char* text);

// Prints a number in decimal.
void Print(int32_t value);

}  // namespace playground

#endif  // FIRMWARE_RUNTIME_PRINT_H_
