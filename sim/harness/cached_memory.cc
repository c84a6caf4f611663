#include "cached_memory.h"

#include <algorithm>
#include <cstring>

CachedMemory::Piece CachedMemory::PieceAt(uint32_t offset, uint32_t bytes) const {
  const uint32_t address = origin_ + offset;
  const uint32_t line = address / cache_.line_bytes % cache_.line_count;
  const uint32_t in_line = address % cache_.line_bytes;
  uint32_t tag = 0;
  std::memcpy(&tag, cache_.tags.data + size_t{line} * cache_.tags.stride,
              std::min<size_t>(cache_.tags.stride, sizeof tag));
  const uint32_t mask = (uint32_t{1} << cache_.tag_bits) - 1;
  const bool cached = (tag & mask) == address / (cache_.line_bytes * cache_.line_count);
  return {std::min(bytes, cache_.line_bytes - in_line), cached, line * cache_.line_bytes + in_line};
}

bool CachedMemory::Read(uint32_t offset, uint8_t* to, uint32_t bytes) const {
  bool done = true;
  while (bytes != 0 && done) {
    const Piece piece = PieceAt(offset, bytes);
    done = piece.cached ? cache_.lines.Read(piece.in_cache, to, piece.bytes)
                        : memory_->Read(offset, to, piece.bytes);
    offset += piece.bytes, to += piece.bytes, bytes -= piece.bytes;
  }
  return done;
}

bool CachedMemory::Write(uint32_t offset, const uint8_t* from, uint32_t bytes) {
  bool done = true;
  while (bytes != 0 && done) {
    const Piece piece = PieceAt(offset, bytes);
    // Into the memory in any case: a clean line is dropped, not written back.
    done = memory_->Write(offset, from, piece.bytes);
    if (piece.cached) done = cache_.lines.Write(piece.in_cache, from, piece.bytes) && done;
    offset += piece.bytes, from += piece.bytes, bytes -= piece.bytes;
  }
  return done;
}
