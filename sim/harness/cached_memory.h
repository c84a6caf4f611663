// A memory behind a write-back cache, as the CPU sees it.

#ifndef SIM_HARNESS_CACHED_MEMORY_H_
#define SIM_HARNESS_CACHED_MEMORY_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "memories.h"

// A direct-mapped cache. The tag of a line is its address divided by the size of the cache; other
// bits are above it.
struct Cache {
  ArrayMemory lines;
  Lane tags;
  uint32_t tag_bits;
  uint32_t line_bytes;
  uint32_t line_count;
};

// Cache and memory are consistent whenever the CPU writes the marker: that write takes the bus that
// the cache hangs on, so the cache is at rest, and earlier stores, which take the same way, are in
// it.
class CachedMemory : public Memory {
 public:
  // The memory's first byte is at `origin`, a multiple of the size of the cache.
  CachedMemory(uint32_t origin, std::unique_ptr<Memory> memory, Cache cache)
      : origin_(origin), memory_(std::move(memory)), cache_(std::move(cache)) {}

  bool Read(uint32_t offset, uint8_t* to, uint32_t bytes) const override;
  bool Write(uint32_t offset, const uint8_t* from, uint32_t bytes) override;

 private:
  // What is within one line.
  struct Piece {
    uint32_t bytes;
    bool cached;
    uint32_t in_cache;
  };
  Piece PieceAt(uint32_t offset, uint32_t bytes) const;

  uint32_t origin_;
  std::unique_ptr<Memory> memory_;
  Cache cache_;
};

#endif  // SIM_HARNESS_CACHED_MEMORY_H_
