// What the kernels of the CFU `simd_mac` share. Its instructions are described in
// gateware/cfus/simd_mac.py.

#ifndef FIRMWARE_KERNELS_OVERRIDES_SIMD_MAC_SIMD_MAC_H_
#define FIRMWARE_KERNELS_OVERRIDES_SIMD_MAC_SIMD_MAC_H_

#include <algorithm>
#include <cstdint>

#include "cfu.h"

namespace playground::simd_mac {

// Four int8 values, the first in the lowest byte.
using Word = uint32_t __attribute__((may_alias));

constexpr int kBufferBytes = 2048;  // of the CFU's input buffer

inline const Word* Words(const int8_t* data) { return reinterpret_cast<const Word*>(data); }

inline bool IsAligned(const void* data) { return (reinterpret_cast<uintptr_t>(data) & 3) == 0; }

constexpr int RoundUp(int value, int multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Copies words to the input buffer. Loads go in groups, since a CFU instruction right after a load
// waits for it.
[[gnu::always_inline]] inline void WriteInputs(const Word* source, int words, int index) {
  for (; words >= 4; words -= 4, source += 4, index += 4) {
    const Word a = source[0], b = source[1], c = source[2], d = source[3];
    cfu::write_input(index, a);
    cfu::write_input(index + 1, b);
    cfu::write_input(index + 2, c);
    cfu::write_input(index + 3, d);
  }
  for (; words > 0; --words) cfu::write_input(index++, *source++);
}

// Begins an output: the bias plus the buffered inputs times a row of filters, whose length is a
// multiple of two words. Returns the row's end.
[[gnu::always_inline]] inline const Word* Accumulate(const Word* filter, uint32_t words,
                                                     int32_t bias) {
  const Word* const end = filter + words;
  const Word* const end_of_eights = filter + (words & ~7u);
  if (filter == end_of_eights) {
    cfu::start(bias);
  } else {
    // The first loads go before the start, which would wait for the bias otherwise.
    const Word a = filter[0], b = filter[1], c = filter[2], d = filter[3];
    const Word e = filter[4], f = filter[5], g = filter[6], h = filter[7];
    cfu::start(bias);
    cfu::mac_buffered(a, b);
    cfu::mac_buffered(c, d);
    cfu::mac_buffered(e, f);
    cfu::mac_buffered(g, h);
    filter += 8;
  }
  for (; filter != end_of_eights; filter += 8) {
    const Word a = filter[0], b = filter[1], c = filter[2], d = filter[3];
    const Word e = filter[4], f = filter[5], g = filter[6], h = filter[7];
    cfu::mac_buffered(a, b);
    cfu::mac_buffered(c, d);
    cfu::mac_buffered(e, f);
    cfu::mac_buffered(g, h);
  }
  for (; filter != end; filter += 2) {
    const Word a = filter[0], b = filter[1];
    cfu::mac_buffered(a, b);
  }
  return end;
}

// Stores the latest `count` outputs, one to four.
[[gnu::always_inline]] inline void StoreResults(int8_t* output, int count) {
  uint32_t results = cfu::results();
  if (count == 4 && IsAligned(output)) {
    *reinterpret_cast<Word*>(output) = results;
    return;
  }
  results >>= 8 * (4 - count);
  for (int i = 0; i < count; ++i, results >>= 8) output[i] = static_cast<int8_t>(results);
}

}  // namespace playground::simd_mac

#endif  // FIRMWARE_KERNELS_OVERRIDES_SIMD_MAC_SIMD_MAC_H_
