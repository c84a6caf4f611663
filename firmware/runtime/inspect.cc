#include "inspect.h"

#include <cstring>

namespace playground {
namespace {

struct Range {
  uint32_t address;
  uint32_t bytes;

  const void* data() const { return reinterpret_cast<const void*>(uintptr_t{address}); }
};

bool Parse(const Frame& frame, Range& range) {
  if (frame.length != sizeof(range)) {
    Refuse(Refusal::kBadInput);
    return false;
  }
  std::memcpy(&range, frame.payload, sizeof(range));
  return true;
}

}  // namespace

void SendDigest(const Frame& frame) {
  Range range{};
  if (!Parse(frame, range)) return;
  const uint32_t crc = Crc32(range.data(), range.bytes);
  FrameWriter digest(FrameType::kDigestOf, sizeof(range) + sizeof(crc));
  digest.Put(&range, sizeof(range));
  digest.Put(crc);
}

void SendContent(const Frame& frame) {
  Range range{};
  if (!Parse(frame, range)) return;
  FrameWriter content(FrameType::kContent, sizeof(range.address) + range.bytes);
  content.Put(range.address);
  content.Put(range.data(), range.bytes);
}

}  // namespace playground
