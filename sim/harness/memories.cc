#include "memories.h"

#include <algorithm>
#include <cstring>

ArrayMemory::Piece ArrayMemory::PieceAt(uint32_t offset) const {
  const uint32_t stripe = offset / stripe_bytes_;
  const uint32_t in_stripe = offset % stripe_bytes_;
  const auto bank_count = static_cast<uint32_t>(banks_.size());
  const Bank& bank = banks_[stripe % bank_count];
  const uint32_t in_bank = stripe / bank_count * stripe_bytes_ + in_stripe;
  const auto lane_count = static_cast<uint32_t>(bank.size());
  const uint32_t element = in_bank / bank[0].element_bytes;
  const Lane& lane = bank[element % lane_count];
  const uint32_t in_element = in_bank % lane.element_bytes;
  const bool dense = lane_count == 1 && lane.stride == lane.element_bytes;
  return {lane.data + size_t{element / lane_count} * lane.stride + in_element,
          dense ? stripe_bytes_ - in_stripe : lane.element_bytes - in_element};
}

bool ArrayMemory::Read(uint32_t offset, uint8_t* to, uint32_t bytes) const {
  while (bytes != 0) {
    const Piece piece = PieceAt(offset);
    const uint32_t part = std::min(piece.bytes, bytes);
    std::memcpy(to, piece.data, part);
    offset += part, to += part, bytes -= part;
  }
  return true;
}

bool ArrayMemory::Write(uint32_t offset, const uint8_t* from, uint32_t bytes) {
  while (bytes != 0) {
    const Piece piece = PieceAt(offset);
    const uint32_t part = std::min(piece.bytes, bytes);
    std::memcpy(piece.data, from, part);
    offset += part, from += part, bytes -= part;
  }
  return true;
}

const Memories::Range* Memories::Find(uint32_t address, uint32_t bytes) const {
  for (const Range& range : ranges_) {
    const uint32_t offset = address - range.origin;
    if (address >= range.origin && offset <= range.bytes && bytes <= range.bytes - offset) {
      return &range;
    }
  }
  return nullptr;
}

bool Memories::Read(uint32_t address, uint8_t* to, uint32_t bytes) const {
  const Range* range = Find(address, bytes);
  return range != nullptr && range->memory->Read(address - range->origin, to, bytes);
}

bool Memories::Write(uint32_t address, const uint8_t* from, uint32_t bytes) {
  const Range* range = Find(address, bytes);
  return range != nullptr && range->memory->Write(address - range->origin, from, bytes);
}
