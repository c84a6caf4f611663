// AVERAGE_POOL_2D: the engine sums up, with filters of ones; the CPU divides, since averages do not
// round as requantization does.

#include "playground/average_pool_2d.h"

#include "channels.h"

namespace playground {
namespace {

using namespace array;

// Divides by how many inputs an average is of.
class Divider {
 public:
  explicit Divider(int count)
      : count_(count), half_(count / 2), reciprocal_(count == 1 ? 0 : 0xFFFFFFFFu / count + 1) {}

  int count() const { return count_; }

  // The sum of `count` int8 values divided by it, halves away from zero.
  [[gnu::always_inline]] int32_t Average(int32_t sum) const {
    const uint32_t magnitude = static_cast<uint32_t>(sum < 0 ? -sum : sum) + half_;
    uint32_t quotient = static_cast<uint32_t>(uint64_t{magnitude} * reciprocal_ >> 32);
    if (reciprocal_ == 0 || count_ > kMostReciprocal) quotient = magnitude / count_;
    return sum < 0 ? -static_cast<int32_t>(quotient) : static_cast<int32_t>(quotient);
  }

 private:
  // The reciprocal is exact as long as 129 times the count's square is less than 2 to the 32.
  static constexpr uint32_t kMostReciprocal = 5000;

  uint32_t count_;
  uint32_t half_;
  uint32_t reciprocal_;  // times 2 to the 32, rounded up; 0 if that is too large
};

// How many places of a window of `size` from `begin` on are between 0 and `end`.
int Overlap(int begin, int size, int end) {
  return std::min(begin + size, end) - std::max(begin, 0);
}

// Takes the sums of as many channels, a multiple of four, and puts their averages to `output`.
void ReadAverages(const Divider& divider, int channels, int32_t minimum, int32_t maximum,
                  int8_t* output) {
  const auto average = [&](uint32_t sum) __attribute__((always_inline)) {
    const int32_t mean = divider.Average(static_cast<int32_t>(sum));
    return static_cast<uint8_t>(std::clamp(mean, minimum, maximum));
  };
  for (; channels > 0; channels -= 4, output += 4) {
    const uint32_t a = cfu::read(), b = cfu::read(), c = cfu::read(), d = cfu::read();
    *reinterpret_cast<Word*>(output) =
        average(a) | average(b) << 8 | average(c) << 16 | Word{average(d)} << 24;
  }
}

}  // namespace

bool average_pool_2d(const AveragePool2DLayer& layer) {
  const auto& params = layer.params;
  Windows windows = Windows::Of(layer);
  windows.window_height = params.filter_height;
  windows.window_width = params.filter_width;
  const ChannelPlan plan(windows, layer.input_data, 0);
  if (!plan.Fits()) return false;
  const int channels = windows.depth;

  Publish();
  cfu::configure(cfu::kInputOffset, 0);
  cfu::configure(cfu::kMode, cfu::kDepthwise | cfu::kRaw);
  plan.Configure();
  cfu::seek(cfu::kFilters, 0);
  cfu::fill(0x01010101, plan.taps() * plan.block());
  cfu::seek(cfu::kBiases, 0);
  cfu::fill(0, 4 * plan.block());
  Divider divider(plan.taps());
  const auto load = [&](const Block& block) { plan.Configure(block); };
  const auto run = [&](const Tile& tile, const Block& block) {
    cfu::run();
    int8_t* output = layer.output_data + tile.first_pixel * channels + block.begin;
    for (int y = tile.y; y < tile.y + tile.lines; ++y) {
      const int rows =
          Overlap(y * windows.stride_y - windows.padding_y, windows.window_height, windows.height);
      for (int x = tile.x; x < tile.x + tile.columns; ++x, output += channels) {
        const int columns =
            Overlap(x * windows.stride_x - windows.padding_x, windows.window_width, windows.width);
        if (rows * columns != divider.count()) divider = Divider(rows * columns);
        ReadAverages(divider, block.channels, params.quantized_activation_min,
                     params.quantized_activation_max, output);
      }
    }
  };
  RunBlocks(plan.tiling(), channels, plan.block(), 0, load, run);
  return true;
}

}  // namespace playground
