// CONV_2D: four pixels and two channels at a time. The inputs under the windows of several pixels
// are gathered into a tile, which serves every channel; weights are read where they are.

#include "playground/conv_2d.h"

#include <algorithm>

#include "pixel_pairs.h"
#include "requantize.h"

namespace playground {
namespace {

using namespace portable;

constexpr int kMostPairs = 2;
constexpr int kPixels = 2 * kMostPairs;   // multiplied at once
constexpr int kMostTiles = 8;             // of kPixels each, which share a pass through the filters
constexpr int kTileTaps = 432;            // of all tiles: most of the data cache
constexpr int kPartTaps = 2 * kMaskTaps;  // in the tile at a time if there are more than kTileTaps
constexpr int kBlockChannels = 128;
constexpr int kMasks = 640;
constexpr int kFewPixels = 32;  // for which looking for groups that need no split does not pay

// What the inner loops use lies together, so that it does not meet in the data cache.
struct Buffers {
  uint32_t inputs[kTileTaps * kMostPairs];
  uint32_t sums[kBlockChannels * kPixels];
  uint32_t biases[kBlockChannels];
  uint32_t splits[kMasks];  // for each two channels: a bit for each group of taps
  int8_t padding[kTileTaps];
  int8_t rows[kPixels][kTileTaps];  // with padding at their ends
};

Buffers buffers;

// A pixel of the output and what it looks at.
struct Window {
  const int8_t* image;
  int top;
  int left;
};

class Convolution {
 public:
  explicit Convolution(const Conv2DLayer& layer)
      : layer_(layer),
        input_height_(layer.input_shape.Dims(1)),
        input_width_(layer.input_shape.Dims(2)),
        depth_(layer.input_shape.Dims(3)),
        filter_height_(layer.filter_shape.Dims(1)),
        filter_width_(layer.filter_shape.Dims(2)),
        taps_(filter_height_ * filter_width_ * depth_),
        output_height_(layer.output_shape.Dims(1)),
        output_width_(layer.output_shape.Dims(2)),
        channels_(layer.output_shape.Dims(3)),
        pixels_(layer.output_shape.Dims(0) * output_height_ * output_width_),
        masks_(MaskCount(taps_)),
        reduces_(AllReduce(layer.output_shift, layer.bias_data, channels_, taps_)) {}

  // Not groups of channels, and not filters with too many taps.
  bool Fits() const { return layer_.filter_shape.Dims(3) == depth_ && masks_ <= kMasks; }

  void Run() {
    std::fill_n(buffers.padding, kTileTaps, static_cast<int8_t>(-layer_.params.input_offset));
    const int most = std::min(kBlockChannels, kMasks / masks_ * 2);
    for (first_channel_ = 0; first_channel_ < channels_; first_channel_ += most) {
      block_channels_ = std::min(most, channels_ - first_channel_);
      Prepare();
      RunBlock();
    }
  }

 private:
  // Of filters: which groups of taps are split, and what the biases become. The input's offset adds
  // the same to every pixel, since padding is as if it were the zero point.
  void Prepare() const {
    const bool looks = pixels_ >= kFewPixels;
    for (int channel = 0; channel < block_channels_; channel += 2) {
      const int8_t* filter = layer_.filter_data + (first_channel_ + channel) * taps_;
      const int count = std::min(2, block_channels_ - channel);
      int weights[2] = {}, groups = taps_ % kGroupTaps;
      for (int mask = 0, begin = 0; mask < masks_; ++mask, begin += kMaskTaps) {
        const int end = std::min(begin + kMaskTaps, taps_ / kGroupTaps * kGroupTaps);
        uint32_t bits = 0, bit = uint32_t{1} << 31;
        for (int tap = begin; tap < end; tap += kGroupTaps, bit >>= 1) {
          bool is_split = !looks;
          for (int i = 0; i < count; ++i) {
            const int8_t* group = filter + i * taps_ + tap;
            weights[i] += group[0] + group[1] + group[2] + group[3];
            is_split = is_split || IsSplit(group);
          }
          if (is_split) bits |= bit;
          groups += is_split ? 2 : 1;
        }
        buffers.splits[channel / 2 * masks_ + mask] = bits;
      }
      for (int i = 0; i < count; ++i) {
        for (int tap = taps_ / kGroupTaps * kGroupTaps; tap < taps_; ++tap) {
          weights[i] += filter[i * taps_ + tap];
        }
        const int32_t* bias = layer_.bias_data;
        buffers.biases[channel + i] =
            (bias != nullptr ? static_cast<uint32_t>(bias[first_channel_ + channel + i]) : 0) +
            static_cast<uint32_t>(layer_.params.input_offset * weights[i] - groups * kCentre);
      }
    }
  }

  void RunBlock() {
    const int most = std::clamp(kTileTaps / taps_, 1, kMostTiles) * kPixels;
    int x = 0, y = 0;
    const int8_t* image = layer_.input_data;
    int8_t* output = layer_.output_data + first_channel_;
    for (int pixel = 0; pixel < pixels_; pixel += most, output += most * channels_) {
      const int count = std::min(most, pixels_ - pixel);
      Window windows[kMostTiles * kPixels];
      for (int p = 0; p < count; ++p) {
        windows[p] = {image, y * layer_.params.stride_height - layer_.params.padding_values.height,
                      x * layer_.params.stride_width - layer_.params.padding_values.width};
        if (++x < output_width_) continue;
        x = 0;
        if (++y < output_height_) continue;
        y = 0;
        image += input_height_ * input_width_ * depth_;
      }
      if (count <= 2) {
        RunTiles<1>(windows, count, output);
      } else {
        RunTiles<kMostPairs>(windows, count, output);
      }
    }
  }

  // Computes `count` pixels; there is room for as many windows as make the last tile full.
  template <int kPairs>
  void RunTiles(Window* windows, int count, int8_t* output) {
    constexpr int kStep = 2 * kPairs;
    const int tile_count = (count + kStep - 1) / kStep;
    std::fill(windows + count, windows + tile_count * kStep, windows[count - 1]);
    if (tile_count == 1) {
      // The windows may be larger than the tile.
      int consumed = 0, filled = 0;
      Gather<kPairs>(windows, buffers.inputs, filled, [&] {
        Multiply<kPairs>(filled, 1, consumed, count, output);
        consumed += filled;
        filled = 0;
      });
      Multiply<kPairs>(filled, 1, consumed, count, output);
      return;
    }
    for (int i = 0; i < tile_count; ++i) {
      int filled = 0;
      Gather<kPairs>(windows + i * kStep, buffers.inputs + i * taps_ * kPairs, filled, [] {});
    }
    Multiply<kPairs>(taps_, tile_count, 0, count, output);
  }

  // Gathers the inputs of 2 * kPairs windows, and calls `flush` whenever there is no more room.
  template <int kPairs, typename Flush>
  [[gnu::noinline]] void Gather(const Window* windows, uint32_t* tile, int& filled, Flush flush) {
    const int dilation_height = layer_.params.dilation_height_factor;
    const int dilation_width = layer_.params.dilation_width_factor;
    const int8_t* sources[2 * kPairs];
    const int room = taps_ <= kTileTaps ? kTileTaps : kPartTaps;
    const auto append = [&](int taps) {
      for (int done = 0; done < taps;) {
        if (filled == room) flush();
        const int now = std::min(taps - done, room - filled);
        for (int p = 0; p < kPairs; ++p) {
          PackPair<kPairs>(sources[2 * p] + done, sources[2 * p + 1] + done, now,
                           tile + filled * kPairs + p);
        }
        done += now;
        filled += now;
      }
    };
    const int row = filter_width_ * depth_;
    const bool has_rows = dilation_width == 1 && row <= kTileTaps;
    for (int v = 0; v < filter_height_; ++v) {
      if (has_rows) {
        for (int p = 0; p < 2 * kPairs; ++p) {
          sources[p] = Row(windows[p], windows[p].top + v * dilation_height, buffers.rows[p]);
        }
        append(row);
        continue;
      }
      for (int u = 0; u < filter_width_; ++u) {
        for (int done = 0; done < depth_; done += kTileTaps) {
          for (int p = 0; p < 2 * kPairs; ++p) {
            const int y = windows[p].top + v * dilation_height;
            const int x = windows[p].left + u * dilation_width;
            const bool has_input = IsInHeight(y) && x >= 0 && x < input_width_;
            sources[p] = has_input ? Pixel(windows[p], y, x) + done : buffers.padding;
          }
          append(std::min(kTileTaps, depth_ - done));
        }
      }
    }
  }

  // A row of a window, whose inputs are neighbours: where it is, or a copy in `target` with
  // padding.
  const int8_t* Row(const Window& window, int y, int8_t* target) const {
    if (!IsInHeight(y)) return buffers.padding;
    const int first = std::max(0, -window.left);
    const int last = std::min(filter_width_, input_width_ - window.left);
    if (first == 0 && last == filter_width_) return Pixel(window, y, window.left);
    if (first >= last) return buffers.padding;
    std::copy_n(buffers.padding, filter_width_ * depth_, target);
    std::copy_n(Pixel(window, y, window.left + first), (last - first) * depth_,
                target + first * depth_);
    return target;
  }

  bool IsInHeight(int y) const { return y >= 0 && y < input_height_; }

  const int8_t* Pixel(const Window& window, int y, int x) const {
    return window.image + (y * input_width_ + x) * depth_;
  }

  // Multiplies `taps` taps in the tiles by the filters from tap `consumed` on, and finishes the
  // outputs with the last one. There is one tile if not all taps fit in.
  template <int kPairs>
  [[gnu::noinline]] void Multiply(int taps, int tile_count, int consumed, int count,
                                  int8_t* output) {
    const bool begins = consumed == 0;
    const bool ends = consumed + taps == taps_;
    const int step = tile_count * 2 * kPairs;  // from a channel's sums to the next one's
    const int8_t* filter = layer_.filter_data + first_channel_ * taps_ + consumed;
    const uint32_t* split = buffers.splits + consumed / kMaskTaps;
    uint32_t* next = buffers.sums;
    for (int channel = 0; channel < block_channels_; channel += 2) {
      const int now = std::min(2, block_channels_ - channel);
      const Tiles tiles = {buffers.inputs, taps * kPairs, tile_count, taps, next, step, begins};
      if (now == 2) {
        MultiplyTaps<kPairs, 2>(tiles, filter, taps_, split);
      } else {
        MultiplyTaps<kPairs, 1>(tiles, filter, taps_, split);
      }
      for (int i = 0; i < now && ends; ++i) Finish(next + i * step, channel + i, count, output);
      // Sums that are not needed again stay in the cache's same lines.
      if (!begins || !ends) next += 2 * step;
      filter += 2 * taps_;
      split += masks_;
    }
  }

  void Finish(const uint32_t* sum, int channel, int count, int8_t* output) const {
    const int32_t multiplier = layer_.output_multiplier[first_channel_ + channel];
    const int32_t shift = layer_.output_shift[first_channel_ + channel];
    output += channel;
    if (reduces_) {
      FinishWith(Reduction(multiplier, shift), sum, buffers.biases[channel], count, output);
    } else {
      FinishWith(Rescaling(multiplier, shift), sum, buffers.biases[channel], count, output);
    }
  }

  template <typename Scale>
  [[gnu::always_inline]] void FinishWith(const Scale scale, const uint32_t* sum, uint32_t bias,
                                         int count, int8_t* output) const {
    const Activation activation(layer_.params);
    const int step = channels_;
    for (; count >= 2; count -= 2, sum += 2, output += 2 * step) {
      // Both at once, so that neither waits for its own products.
      const int32_t first = scale(static_cast<int32_t>(sum[0] + bias));
      const int32_t second = scale(static_cast<int32_t>(sum[1] + bias));
      const int8_t first_result = activation(first);
      const int8_t second_result = activation(second);
      output[0] = first_result;
      output[step] = second_result;
    }
    if (count > 0) *output = activation(scale(static_cast<int32_t>(*sum + bias)));
  }

  const Conv2DLayer& layer_;
  const int input_height_;
  const int input_width_;
  const int depth_;
  const int filter_height_;
  const int filter_width_;
  const int taps_;
  const int output_height_;
  const int output_width_;
  const int channels_;
  const int pixels_;
  const int masks_;  // words of splits for two channels
  const bool reduces_;
  int first_channel_ = 0;
  int block_channels_ = 0;
};

}  // namespace

bool conv_2d(const Conv2DLayer& layer) {
  Convolution convolution(layer);
  if (!convolution.Fits()) return false;
  convolution.Run();
  return true;
}

}  // namespace playground
