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

// Writes words to where `seek` pointed. Loads go in groups, since a CFU instruction right after a
// load waits for it.
inline void WriteWords(const Word* source, int words) {
  if constexpr (kHasPort) {
    port::fetch(Address(source), static_cast<uint32_t>(4 * words));
    return;
  }
  for (; words >= 16; words -= 16, source += 16) {
    const Word a = source[0], b = source[1], c = source[2], d = source[3];
    const Word e = source[4], f = source[5], g = source[6], h = source[7];
    const Word i = source[8], j = source[9], k = source[10], l = source[11];
    const Word m = source[12], n = source[13], o = source[14], p = source[15];
    cfu::push(a, b);
    cfu::push(c, d);
    cfu::push(e, f);
    cfu::push(g, h);
    cfu::push(i, j);
    cfu::push(k, l);
    cfu::push(m, n);
    cfu::push(o, p);
  }
  for (; words >= 4; words -= 4, source += 4) {
    const Word a = source[0], b = source[1], c = source[2], d = source[3];
    cfu::push(a, b);
    cfu::push(c, d);
  }
  for (; words > 0; --words) cfu::push_bytes(*source++, 4);
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
  static void Load(int target, const int32_t* values, int32_t value, int begin, int count) {
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
