// What the kernels of the array engines share: how data gets into an engine. Its instructions, its
// registers and what a run computes are described in gateware/array/__init__.py; how large it is
// and whether it moves data by itself is known when a kernel is compiled, from cfu.h.

#ifndef FIRMWARE_KERNELS_OVERRIDES_ARRAY_ENGINE_H_
#define FIRMWARE_KERNELS_OVERRIDES_ARRAY_ENGINE_H_

#include <algorithm>
#include <cstdint>

#include "cfu.h"

// Stands in for what the cfu.h of an engine without a memory port lacks. Templates, so that where
// there is a function with the same name it is the better match.
namespace playground::array::absent {

template <typename... Operands>
void fetch(Operands...) {}
template <typename... Operands>
void publish(Operands...) {}
template <typename... Operands>
void refresh(Operands...) {}

}  // namespace playground::array::absent

namespace playground::array {

namespace port {

using namespace ::cfu;
using namespace ::playground::array::absent;

}  // namespace port

// Four int8 values, the first in the lowest byte.
using Word = uint32_t __attribute__((may_alias));

constexpr bool kHasPort = cfu::kMemoryPort != 0;
constexpr int kMostCount = 1023;  // of lines, taps or rows of a window

inline const Word* Words(const void* data) { return reinterpret_cast<const Word*>(data); }

inline uint32_t Address(const void* data) {
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(data));
}

inline bool IsAligned(const void* data) { return Address(data) % 4 == 0; }

constexpr int DivideUp(int value, int divisor) { return (value + divisor - 1) / divisor; }

// To be called before an engine reads what the CPU wrote, and after it wrote what the CPU reads.
inline void Publish() {
  if constexpr (kHasPort) port::publish();
}
inline void Refresh() {
  if constexpr (kHasPort) {
    cfu::wait();
    port::refresh();
  }
}

// Pushes a multiple of 16 words. Loads go in groups, since a CFU instruction right after a load
// waits for it.
[[gnu::noinline]] inline void PushBlocks(const Word* source, int words) {
  const auto push_16 = [](const Word* from) __attribute__((always_inline)) {
    const Word a = from[0], b = from[1], c = from[2], d = from[3];
    const Word e = from[4], f = from[5], g = from[6], h = from[7];
    const Word i = from[8], j = from[9], k = from[10], l = from[11];
    const Word m = from[12], n = from[13], o = from[14], p = from[15];
    cfu::push(a, b);
    cfu::push(c, d);
    cfu::push(e, f);
    cfu::push(g, h);
    cfu::push(i, j);
    cfu::push(k, l);
    cfu::push(m, n);
    cfu::push(o, p);
  };
  const Word* const end = source + words;
  if (words % 32 != 0) {
    push_16(source);
    source += 16;
  }
  for (; source != end; source += 32) {
    push_16(source);
    push_16(source + 16);
  }
}

inline void PushWords(const Word* source, int words) {
  if (words >= 16) {
    PushBlocks(source, words & ~15);
    source += words & ~15;
    words &= 15;
  }
  const Word* const end_of_4s = source + words / 4 * 4;
  const Word* const end = source + words;
  for (; source != end_of_4s; source += 4) {
    const Word a = source[0], b = source[1], c = source[2], d = source[3];
    cfu::push(a, b);
    cfu::push(c, d);
  }
  for (; source != end; ++source) cfu::push_bytes(*source, 4);
}

// Writes words to where `seek` pointed.
inline void WriteWords(const Word* source, int words) {
  if constexpr (kHasPort) {
    port::fetch(Address(source), static_cast<uint32_t>(4 * words));
  } else {
    PushWords(source, words);
  }
}

// Writes bytes to where `seek` pointed in the inputs.
inline void WriteBytes(const int8_t* source, int bytes) {
  if constexpr (kHasPort) {
    port::fetch(Address(source), static_cast<uint32_t>(bytes));
    return;
  }
  const int skipped = static_cast<int>(Address(source) % 4);
  if (skipped != 0) {
    const int count = std::min(4 - skipped, bytes);
    cfu::push_bytes(*Words(source - skipped) >> (8 * skipped), count);
    source += count;
    bytes -= count;
    if (bytes == 0) return;
  }
  WriteWords(Words(source), bytes / 4);
  if (bytes % 4 != 0) cfu::push_bytes(*Words(source + bytes / 4 * 4), bytes % 4);
}

// What output channels need beside their filters.
struct Parameters {
  const int32_t* bias;         // null if there is none
  const int32_t* multipliers;  // null if all channels have the same multiplier and shift
  const int32_t* shifts;
  int32_t multiplier;
  int32_t shift;

  // Writes those of `count` channels from `begin` on.
  void Load(int begin, int count) const {
    Load(cfu::kBiases, bias, 0, begin, count);
    Load(cfu::kMultipliers, multipliers, multiplier, begin, count);
    Load(cfu::kShifts, shifts, shift, begin, count);
  }

 private:
  [[gnu::noinline]] static void Load(int target, const int32_t* values, int32_t value, int begin,
                                     int count) {
    cfu::seek(target, 0);
    if (values != nullptr) {
      WriteWords(Words(values + begin), count);
    } else {
      cfu::fill(value, 4 * count);
    }
  }
};

// Sets the registers of a layer's outputs.
template <typename Params>
void ConfigureOutputs(const Params& params) {
  cfu::configure(cfu::kOutputOffset, params.output_offset);
  cfu::configure(cfu::kActivationMin, params.quantized_activation_min);
  cfu::configure(cfu::kActivationMax, params.quantized_activation_max);
}

}  // namespace playground::array

#endif  // FIRMWARE_KERNELS_OVERRIDES_ARRAY_ENGINE_H_
