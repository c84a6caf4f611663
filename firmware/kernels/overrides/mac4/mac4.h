// What the kernels of the CFU `mac4` share: sums by the CFU, whose instructions are described in
// gateware/cfus/mac4.py, and requantization in software.

#ifndef FIRMWARE_KERNELS_OVERRIDES_MAC4_MAC4_H_
#define FIRMWARE_KERNELS_OVERRIDES_MAC4_MAC4_H_

#include <cstdint>

#include "cfu.h"

namespace playground::mac4 {

// Four int8 values, the first in the lowest byte.
using Word = uint32_t __attribute__((may_alias));

inline const Word* Words(const int8_t* data) { return reinterpret_cast<const Word*>(data); }

constexpr int RoundUp(int value, int multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Computes a sum for each of `count` output channels: its bias, plus `words` words of filters times
// as many of inputs. Loads go in groups, since the CPU waits two cycles before a CFU instruction
// that follows a load. `bias` may be null.
[[gnu::noinline]] inline void Dots(const Word* filter, const Word* input, int words,
                                   const int32_t* bias, int count, int32_t* sum) {
  const Word* const end_of_eights = input + (words & ~7);
  for (int32_t* const end = sum + count; sum != end; ++sum) {
    cfu::start(bias != nullptr ? *bias++ : 0);
    const Word* next = input;
    for (; next != end_of_eights; next += 8, filter += 8) {
      const Word f0 = filter[0], f1 = filter[1], f2 = filter[2], f3 = filter[3];
      const Word f4 = filter[4], f5 = filter[5], f6 = filter[6], f7 = filter[7];
      const Word i0 = next[0], i1 = next[1], i2 = next[2], i3 = next[3];
      const Word i4 = next[4], i5 = next[5], i6 = next[6], i7 = next[7];
      cfu::mac(f0, i0);
      cfu::mac(f1, i1);
      cfu::mac(f2, i2);
      cfu::mac(f3, i3);
      cfu::mac(f4, i4);
      cfu::mac(f5, i5);
      cfu::mac(f6, i6);
      cfu::mac(f7, i7);
    }
    for (int rest = words & 7; rest > 0; --rest) cfu::mac(*filter++, *next++);
    *sum = static_cast<int32_t>(cfu::sum());
  }
}

// x * multiplier * 2^(shift - 31), with TensorFlow Lite Micro's two roundings: halves up after the
// product, halves away from zero after the shift to the right.
[[gnu::always_inline]] inline int32_t Scale(int32_t x, int32_t multiplier, int32_t shift) {
  if (shift > 0) x = static_cast<int32_t>(static_cast<uint32_t>(x) << shift);
  const int64_t product = int64_t{x} * multiplier + (int64_t{1} << 30);
  const int32_t high = static_cast<int32_t>(product >> 31);
  if (shift >= 0) return high;
  return (((high - (high < 0)) >> (-shift - 1)) + 1) >> 1;
}

// What becomes of sums: outputs of one range, by a multiplier and a shift for each channel.
struct Requantization {
  const int32_t* multiplier;
  const int32_t* shift;
  int32_t offset;
  int32_t minimum;
  int32_t maximum;

  template <typename Layer>
  static Requantization Of(const Layer& layer) {
    return {layer.output_multiplier, layer.output_shift, layer.params.output_offset,
            layer.params.quantized_activation_min, layer.params.quantized_activation_max};
  }

  // Writes the outputs of `count` channels from `begin` on, whose sums begin at `sum`.
  [[gnu::noinline]] void Run(const int32_t* sum, int begin, int count, int8_t* output) const {
    // Copies stay in registers; members might change with each int8_t stored, for all one knows.
    const int32_t* next_multiplier = multiplier + begin;
    const int32_t* next_shift = shift + begin;
    const int32_t added = offset, least = minimum, most = maximum;
    for (int8_t* const end = output + count; output != end; ++output) {
      int32_t value = Scale(*sum++, *next_multiplier++, *next_shift++) + added;
      // The CPU guesses that a branch forward is not taken: right when there is nothing to clamp.
      if (__builtin_expect(value < least, false)) value = least;
      if (__builtin_expect(value > most, false)) value = most;
      *output = static_cast<int8_t>(value);
    }
  }
};

}  // namespace playground::mac4

#endif  // FIRMWARE_KERNELS_OVERRIDES_MAC4_MAC4_H_
