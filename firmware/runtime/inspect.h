// What a host asks for that has no other way to look into memory, as a test bench has.

#ifndef FIRMWARE_RUNTIME_INSPECT_H_
#define FIRMWARE_RUNTIME_INSPECT_H_

#include "frame.h"

namespace playground {

// Answers kDigest.
void SendDigest(const Frame& frame);

// Answers kRead.
void SendContent(const Frame& frame);

}  // namespace playground

#endif  // FIRMWARE_RUNTIME_INSPECT_H_
