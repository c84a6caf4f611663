// Sums of products for two pixels at once. A word holds the inputs of two pixels, one in each half;
// its product with a weight holds both pixels' products. Such products are added up as words for as
// long as the halves have room, then the halves are taken apart.

#ifndef FIRMWARE_KERNELS_OVERRIDES_PORTABLE_PIXEL_PAIRS_H_
#define FIRMWARE_KERNELS_OVERRIDES_PORTABLE_PIXEL_PAIRS_H_

#include <cstdint>
#include <cstdlib>

namespace playground::portable {

// Added to both halves of each sum of words, so that neither is negative: what is added up is from
// -kCentre to 65535 - kCentre.
constexpr int kCentre = 32767;

// There is always room for the products of two inputs and weights, mostly for those of four.
constexpr int kGroupTaps = 4;

// Whether there is no room for the products of kGroupTaps weights with any int8 inputs.
[[gnu::always_inline]] inline bool IsSplit(const int8_t* weights) {
  int magnitude = 0;
  for (int t = 0; t < kGroupTaps; ++t) magnitude += std::abs(int{weights[t]});
  return 128 * magnitude > kCentre;
}

// Puts the inputs of two pixels into every kPairs-th word from `tile` on.
template <int kPairs>
[[gnu::noinline]] void PackPair(const int8_t* first, const int8_t* second, int taps,
                                uint32_t* tile) {
  const auto pair = [](int32_t low, int32_t high) {
    return static_cast<uint32_t>(low) + (static_cast<uint32_t>(high) << 16);
  };
  const int8_t* const end = first + taps;
  const int8_t* const end_of_fours = first + (taps & ~3);
  for (; first != end_of_fours; first += 4, second += 4, tile += 4 * kPairs) {
    const int32_t a = first[0], b = first[1], c = first[2], d = first[3];
    const int32_t e = second[0], f = second[1], g = second[2], h = second[3];
    tile[0] = pair(a, e);
    tile[kPairs] = pair(b, f);
    tile[2 * kPairs] = pair(c, g);
    tile[3 * kPairs] = pair(d, h);
  }
  for (; first != end; ++first, ++second, tile += kPairs) *tile = pair(*first, *second);
}

// Sums for 2 * kPairs pixels and kChannels channels.
template <int kPairs, int kChannels>
class PairSums {
 public:
  // Adds the products of kTaps inputs and weights to `words`; the weights of the channels are `row`
  // apart.
  template <int kTaps>
  [[gnu::always_inline]] static void Multiply(const uint32_t* tile, const int8_t* filter, int row,
                                              uint32_t (&words)[kChannels][kPairs]) {
    uint32_t inputs[kTaps][kPairs];
    for (int t = 0; t < kTaps; ++t) {
      for (int p = 0; p < kPairs; ++p) inputs[t][p] = tile[t * kPairs + p];
    }
    for (int c = 0; c < kChannels; ++c, filter += row) {
      uint32_t weights[kTaps];
      for (int t = 0; t < kTaps; ++t) weights[t] = static_cast<uint32_t>(filter[t]);
      for (int p = 0; p < kPairs; ++p) {
        for (int t = 0; t < kTaps; ++t) words[c][p] += inputs[t][p] * weights[t];
      }
    }
  }

  // Adds the halves of `words` and makes them empty again.
  [[gnu::always_inline]] void Take(uint32_t (&words)[kChannels][kPairs]) {
    for (int c = 0; c < kChannels; ++c) {
      for (int p = 0; p < kPairs; ++p) {
        upper_[c][p] += words[c][p] >> 16;
        whole_[c][p] += words[c][p];
      }
    }
    Empty(words);
  }

  [[gnu::always_inline]] static void Empty(uint32_t (&words)[kChannels][kPairs]) {
    for (auto& channel : words) {
      for (uint32_t& word : channel) word = uint32_t{kCentre} << 16 | kCentre;
    }
  }

  // Writes, or adds unless `begins`, the sums of the first channel's pixels, then those of the next
  // one's, `step` on.
  [[gnu::always_inline]] void Store(bool begins, uint32_t* sums, int step) const {
    for (int c = 0; c < kChannels; ++c, sums += step) {
      for (int p = 0; p < kPairs; ++p) {
        uint32_t lower = whole_[c][p] - (upper_[c][p] << 16), upper = upper_[c][p];
        if (!begins) {
          lower += sums[2 * p];
          upper += sums[2 * p + 1];
        }
        sums[2 * p] = lower;
        sums[2 * p + 1] = upper;
      }
    }
  }

 private:
  uint32_t upper_[kChannels][kPairs] = {};  // of the upper halves
  uint32_t whole_[kChannels][kPairs] = {};  // of the words, whose lower halves make up the rest
};

constexpr int kMaskTaps = 32 * kGroupTaps;  // for which there is a word of splits

// How many words of splits there are for some taps, of which a last group may be incomplete.
constexpr int MaskCount(int taps) {
  return taps < kMaskTaps ? 1 : (taps / kGroupTaps * kGroupTaps + kMaskTaps - 1) / kMaskTaps;
}

// Several tiles, each with the inputs of 2 * kPairs pixels, and where their sums go.
struct Tiles {
  const uint32_t* inputs;
  int step;  // from a tile's inputs to the next one's, in words
  int count;
  int taps;
  uint32_t* sums;  // of the first channel: those of the first tile's pixels, then the next one's
  int sums_step;   // from a channel's sums to the next one's
  bool begins;     // whether sums are written rather than added to
};

// Multiplies tiles with kChannels rows of weights, `row` apart, for less than 33 groups of taps.
// The highest bit of `splits` says that the first group is split, the next one the same of the next
// group. What is left over counts as a group for each tap.
//
// The inner loop has just enough registers, which is why the rest is done before it.
template <int kPairs, int kChannels>
[[gnu::noinline]] void MultiplyGroups(const Tiles& tiles, const int8_t* filter, int row,
                                      uint32_t splits) {
  const uint32_t* first_input = tiles.inputs;
  uint32_t* result = tiles.sums;
  for (int count = tiles.count; count > 0; --count) {
    PairSums<kPairs, kChannels> sums;
    uint32_t words[kChannels][kPairs];
    for (int tap = tiles.taps & ~(kGroupTaps - 1); tap < tiles.taps; ++tap) {
      sums.Empty(words);
      sums.template Multiply<1>(first_input + tap * kPairs, filter + tap, row, words);
      sums.Take(words);
    }
    const uint32_t* input = first_input;
    const int8_t* weights = filter;
    uint32_t split = splits;
    for (int groups = tiles.taps / kGroupTaps; groups > 0; --groups) {
      sums.Empty(words);
      sums.template Multiply<2>(input, weights, row, words);
      if (static_cast<int32_t>(split) < 0) sums.Take(words);
      sums.template Multiply<2>(input + 2 * kPairs, weights + 2, row, words);
      sums.Take(words);
      input += kGroupTaps * kPairs;
      weights += kGroupTaps;
      split <<= 1;
    }
    sums.Store(tiles.begins, result, tiles.sums_step);
    first_input += tiles.step;
    result += 2 * kPairs;
  }
}

// The same for any number of taps.
template <int kPairs, int kChannels>
void MultiplyTaps(Tiles tiles, const int8_t* filter, int row, const uint32_t* splits) {
  const int taps = tiles.taps;
  for (int begin = 0, mask = MaskCount(taps); mask > 0; --mask, begin += kMaskTaps) {
    tiles.taps = mask > 1 ? kMaskTaps : taps - begin;
    MultiplyGroups<kPairs, kChannels>(tiles, filter + begin, row, *splits++);
    tiles.inputs += kMaskTaps * kPairs;
    tiles.begins = false;
  }
}

}  // namespace playground::portable

#endif  // FIRMWARE_KERNELS_OVERRIDES_PORTABLE_PIXEL_PAIRS_H_
