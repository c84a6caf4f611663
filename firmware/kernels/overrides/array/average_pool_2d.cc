// AVERAGE_POOL_2D: the engine sums up, with filters of ones; the CPU divides, since averages do not
// round as requantization does.

#include "playground/average_pool_2d.h"

#include "blocks.h"

namespace playground {
namespace {

using namespace array;

// Divides by how many inputs an average is of.
class Divider {
 public:
  explicit Divider(int count) : count_(count), reciprocal_(0xFFFFFFFFu / count + 1) {}

  int count() const { return count_; }

  // The sum of `count` int8 values divided by it, halves away from zero.
  int32_t Average(int32_t sum) const {
    const uint32_t magnitude = static_cast<uint32_t>(sum < 0 ? -sum : sum) + count_ / 2;
    const uint32_t quotient = count_ == 1 ? magnitude
                              : count_ <= kMostReciprocal
                                  ? static_cast<uint32_t>(uint64_t{magnitude} * reciprocal_ >> 32)
                                  : magnitude / count_;
    return sum < 0 ? -static_cast<int32_t>(quotient) : static_cast<int32_t>(quotient);
  }

 private:
  // The reciprocal is exact as long as 129 times the count's square is less than 2 to the 32.
  static constexpr uint32_t kMostReciprocal = 5000;

  uint32_t count_;
  uint32_t reciprocal_;
};

// How many places of a window of `size` from `begin` on are between 0 and `end`.
int Overlap(int begin, int size, int end) {
  return std::min(begin + size, end) - std::max(begin, 0);
}

}  // namespace

bool average_pool_2d(const AveragePool2DLayer& layer) {
  const auto& params = layer.params;
  Windows windows = Windows::Of(layer);
  windows.window_height = params.filter_height;
  windows.window_width = params.filter_width;
  const int channels = windows.depth;
  const Tiling tiling(windows, layer.input_data, 0);
  if (channels % 4 != 0 || !tiling.Fits()) return false;
  const int taps = params.filter_height * params.filter_width;
  const int block = std::min({channels, cfu::kChannels, cfu::kFilterWords / taps * 4});
  if (block == 0) return false;

  Publish();
  cfu::configure(cfu::kInputOffset, 0);
  cfu::configure(cfu::kMode, cfu::kDepthwise | cfu::kRaw);
  cfu::configure(cfu::kFilterWordsPerChannel, cfu::kFilterWords);
  tiling.Configure(params.filter_width, 1);
  cfu::seek(cfu::kFilters, 0);
  cfu::fill(0x01010101, taps * block);
  cfu::seek(cfu::kBiases, 0);
  cfu::fill(0, 4 * block);
  Divider divider(taps);
  const auto load = [&](const Block& loaded) { cfu::configure(cfu::kInputBase, loaded.begin); };
  const auto run = [&](const Tile& tile, const Block& loaded) {
    cfu::run();
    int8_t* output = layer.output_data + tile.first_pixel * channels + loaded.begin;
    for (int y = tile.y; y < tile.y + tile.lines; ++y) {
      const int rows =
          Overlap(y * windows.stride_y - windows.padding_y, windows.window_height, windows.height);
      for (int x = tile.x; x < tile.x + tile.columns; ++x, output += channels) {
        const int columns =
            Overlap(x * windows.stride_x - windows.padding_x, windows.window_width, windows.width);
        if (rows * columns != divider.count()) divider = Divider(rows * columns);
        for (int channel = 0; channel < loaded.channels; ++channel) {
          const int32_t average = divider.Average(static_cast<int32_t>(cfu::read()));
          output[channel] = static_cast<int8_t>(std::clamp<int32_t>(
              average, params.quantized_activation_min, params.quantized_activation_max));
        }
      }
    }
  };
  RunBlocks(tiling, channels, block, 0, load, run);
  return true;
}

}  // namespace playground
