// The SoC's memories, read and written from outside while the clock stands still.

#ifndef SIM_HARNESS_MEMORIES_H_
#define SIM_HARNESS_MEMORIES_H_

#include <cstdint>
#include <memory>
#include <vector>

// One memory's bytes, however the hardware holds them: side by side in several arrays, in banks, or
// behind a cache. Offsets are from the memory's first byte; ranges are within the memory.
class Memory {
 public:
  virtual ~Memory() = default;
  // Each returns whether it could.
  virtual bool Read(uint32_t offset, uint8_t* to, uint32_t bytes) const = 0;
  virtual bool Write(uint32_t offset, const uint8_t* from, uint32_t bytes) = 0;
};

// An array of the Verilated model, each element of which holds some bytes, little-endian.
struct Lane {
  uint8_t* data;
  uint32_t element_bytes;
  uint32_t stride;  // of elements in the host's memory
};

// Of so many elements as `pitch` the first one is used.
template <typename Array>
Lane LaneOf(Array& array, uint32_t element_bytes, uint32_t pitch = 1) {
  return {reinterpret_cast<uint8_t*>(&array.m_storage[0]), element_bytes,
          static_cast<uint32_t>(sizeof(array.m_storage[0])) * pitch};
}

// A memory made of arrays. The arrays of a bank are side by side: an element of the first one, then
// one of the second, and so on. Stripes of the memory go to the banks in turn.
class ArrayMemory : public Memory {
 public:
  using Bank = std::vector<Lane>;

  ArrayMemory(std::vector<Bank> banks, uint32_t stripe_bytes)
      : banks_(std::move(banks)), stripe_bytes_(stripe_bytes) {}

  bool Read(uint32_t offset, uint8_t* to, uint32_t bytes) const override;
  bool Write(uint32_t offset, const uint8_t* from, uint32_t bytes) override;

 private:
  // Bytes that are in one piece in the host's memory.
  struct Piece {
    uint8_t* data;
    uint32_t bytes;
  };
  Piece PieceAt(uint32_t offset) const;

  std::vector<Bank> banks_;
  uint32_t stripe_bytes_;
};

// All memories, by address.
class Memories {
 public:
  void Add(uint32_t origin, uint32_t bytes, std::unique_ptr<Memory> memory) {
    ranges_.push_back({origin, bytes, std::move(memory)});
  }

  // Each returns false unless all of the bytes are in one memory.
  bool Read(uint32_t address, uint8_t* to, uint32_t bytes) const;
  bool Write(uint32_t address, const uint8_t* from, uint32_t bytes);

 private:
  struct Range {
    uint32_t origin;
    uint32_t bytes;
    std::unique_ptr<Memory> memory;
  };
  const Range* Find(uint32_t address, uint32_t bytes) const;

  std::vector<Range> ranges_;
};

#endif  // SIM_HARNESS_MEMORIES_H_
