// Compares a cached memory with a plain copy of what it should hold, under random accesses.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "cached_memory.h"

namespace {

constexpr uint32_t kOrigin = 0x40000000;
constexpr uint32_t kBytes = 1 << 14;
constexpr uint32_t kLineBytes = 16;
constexpr uint32_t kLines = 32;
constexpr uint32_t kTagBits = 23;
constexpr uint32_t kBanks = 4;
constexpr uint32_t kStripe = 256;
constexpr uint32_t kElement = 8;
constexpr uint32_t kPitch = 2;

// What the hardware does: brings a line into the cache, and writes one back.
class Hardware {
 public:
  Hardware() : banks_(kBanks), lines_(kLineBytes), tags_(kLines, 0) {
    for (auto& bank : banks_) bank.resize(kBytes / kBanks * kPitch);
    for (auto& line : lines_) line.resize(kLines);
  }

  CachedMemory View() {
    std::vector<ArrayMemory::Bank> banks;
    for (auto& bank : banks_) banks.push_back({Lane{bank.data(), kElement, kElement * kPitch}});
    ArrayMemory::Bank data;
    for (auto& line : lines_) data.push_back(Lane{line.data(), 1, 1});
    return CachedMemory(
        kOrigin, std::make_unique<ArrayMemory>(std::move(banks), kStripe),
        Cache{ArrayMemory({data}, kLines * kLineBytes),
              Lane{reinterpret_cast<uint8_t*>(tags_.data()), sizeof(uint32_t), sizeof(uint32_t)},
              kTagBits, kLineBytes, kLines});
  }

  uint8_t& InMemory(uint32_t offset) {
    const uint32_t stripe = offset / kStripe;
    const uint32_t in_bank = stripe / kBanks * kStripe + offset % kStripe;
    return banks_[stripe % kBanks][in_bank / kElement * kElement * kPitch + in_bank % kElement];
  }

  // A line's new bytes, in the cache alone.
  void Store(uint32_t offset, uint8_t byte) {
    const uint32_t address = kOrigin + offset;
    const uint32_t line = address / kLineBytes % kLines;
    const uint32_t tag = address / (kLineBytes * kLines);
    const uint32_t held = tags_[line] & ((1u << kTagBits) - 1);
    if (held != tag) {
      if (tags_[line] >> kTagBits != 0) Exchange(line, held, true);
      tags_[line] = tag;
      Exchange(line, tag, false);
    }
    tags_[line] = tag | 1u << kTagBits;
    lines_[address % kLineBytes][line] = byte;
  }

 private:
  void Exchange(uint32_t line, uint32_t tag, bool write_back) {
    const uint32_t offset = tag * kLineBytes * kLines + line * kLineBytes - kOrigin;
    for (uint32_t i = 0; i < kLineBytes; ++i) {
      uint8_t& memory = InMemory(offset + i);
      (write_back ? memory : lines_[i][line]) = write_back ? lines_[i][line] : memory;
    }
  }

  std::vector<std::vector<uint8_t>> banks_;
  std::vector<std::vector<uint8_t>> lines_;
  std::vector<uint32_t> tags_;
};

}  // namespace

int main() {
  std::mt19937 random(1);
  Hardware hardware;
  CachedMemory view = hardware.View();
  std::vector<uint8_t> expected(kBytes);
  for (int step = 0; step < 20000; ++step) {
    const uint32_t offset = random() % kBytes;
    const uint32_t bytes = random() % std::min(kBytes - offset, 600u);
    std::vector<uint8_t> data(bytes);
    if (step % 2 == 0) {
      expected[offset] = static_cast<uint8_t>(random());
      hardware.Store(offset, expected[offset]);
    } else if (step % 50 == 1) {
      for (uint8_t& byte : data) byte = static_cast<uint8_t>(random());
      std::memcpy(&expected[offset], data.data(), bytes);
      view.Write(offset, data.data(), bytes);
    } else if (!view.Read(offset, data.data(), bytes) ||
               std::memcmp(data.data(), &expected[offset], bytes) != 0) {
      std::fprintf(stderr, "step %d: %u bytes at %u differ\n", step, bytes, offset);
      return 1;
    }
  }
  return 0;
}
