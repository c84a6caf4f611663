// The SoC's memories, read and written from outside while the clock stands still.

#ifndef SIM_HARNESS_MEMORIES_H_
#define SIM_HARNESS_MEMORIES_H_

#include <cstdint>
#include <cstring>
#include <vector>

class Memories {
 public:
  void Add(uint32_t origin, uint32_t bytes, void* data) {
    memories_.push_back({origin, bytes, static_cast<uint8_t*>(data)});
  }

  // The bytes at an address, or nullptr unless all of them are in one memory.
  uint8_t* Find(uint32_t address, uint32_t bytes) const {
    for (const Memory& m : memories_) {
      const uint32_t offset = address - m.origin;
      if (address >= m.origin && offset <= m.bytes && bytes <= m.bytes - offset) {
        return m.data + offset;
      }
    }
    return nullptr;
  }

 private:
  struct Memory {
    uint32_t origin;
    uint32_t bytes;
    uint8_t* data;  // little-endian words on a little-endian host
  };
  std::vector<Memory> memories_;
};

#endif  // SIM_HARNESS_MEMORIES_H_
