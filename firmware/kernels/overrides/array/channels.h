// Depthwise convolutions and pools: every output channel is computed from one input channel.

#ifndef FIRMWARE_KERNELS_OVERRIDES_ARRAY_CHANNELS_H_
#define FIRMWARE_KERNELS_OVERRIDES_ARRAY_CHANNELS_H_

#include <algorithm>
#include <cstdint>

#include "blocks.h"
#include "engine.h"
#include "tiling.h"

namespace playground::array {

// How a layer that treats channels one by one, four at a time, is divided.
class ChannelPlan {
 public:
  ChannelPlan(const Windows& windows, const int8_t* images, int8_t padding)
      : taps_(windows.window_height * windows.window_width),
        most_(std::min({windows.depth, cfu::kChannels, cfu::kFilterWords / taps_ * 4})),
        tiling_(windows, SliceOf(windows, most_), images, padding) {}

  bool Fits() const { return tiling_.windows().depth % 4 == 0 && most_ > 0 && tiling_.Fits(); }

  const Tiling& tiling() const { return tiling_; }
  int taps() const { return taps_; }
  int block() const { return tiling_.is_sliced() ? tiling_.slice() : most_; }

  // Sets the registers that are the same for all blocks, and for a block.
  void Configure() const {
    tiling_.Configure(tiling_.windows().window_width, 1);
    cfu::configure(cfu::kFilterWordsPerChannel, cfu::kFilterWords);
    cfu::configure(cfu::kInputBase, 0);
  }
  void Configure(const Block& block) const {
    if (!tiling_.is_sliced()) cfu::configure(cfu::kInputBase, block.begin);
  }

 private:
  // Channels that are in the engine together: all, if a line of outputs fits or a part of it of
  // which at most a third is read again for the next part; else a divisor of all, at most `most`,
  // of which a line fits, or the least there is.
  static int SliceOf(const Windows& windows, int most) {
    const int rows = (windows.window_height - 1) * windows.dilation_y + 1;
    const int window = (windows.window_width - 1) * windows.dilation_x + 1;
    const int pixels = (windows.output_width - 1) * windows.stride_x + window;
    const int part = std::min(pixels, 3 * std::max(window - windows.stride_x, 0) + window);
    if (rows * part * windows.depth <= cfu::kInputBytes) return windows.depth;
    int slice = std::min(most, cfu::kInputBytes / (rows * pixels)) & ~3;
    while (slice > 4 && windows.depth % slice != 0) slice -= 4;
    return std::max(slice, 4);
  }

  const int taps_;
  const int most_;  // channels of a block
  const Tiling tiling_;
};

}  // namespace playground::array

#endif  // FIRMWARE_KERNELS_OVERRIDES_ARRAY_CHANNELS_H_
