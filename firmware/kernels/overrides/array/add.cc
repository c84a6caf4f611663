// ADD: a table for each input holds its 256 values, rescaled; the engine looks up two words for
// each output and requantizes their sum.

#include "playground/add.h"

#include "blocks.h"

namespace playground {
namespace {

using namespace array;

constexpr int kTableWords = 256;
constexpr int kLeftShift = 20;                            // TensorFlow Lite Micro's, for int8
constexpr int kLeastElements = 64;                        // for fewer, tables take longer than sums
constexpr int kMostElements = cfu::kInputBytes / 2 & ~3;  // at a time

// Writes the table of an input: from -128 on, x plus `offset`, shifted left and multiplied as by
// MultiplyByQuantizedMultiplier, whose factor is less than one here. The product is kept in two
// parts, of which neither overflows, and goes up by a multiplier from entry to entry.
void WriteTable(int32_t offset, int32_t multiplier, int shift) {
  constexpr int kLowBits = 31 - kLeftShift;
  const int32_t low_step = multiplier & ((1 << kLowBits) - 1);
  const int32_t high_step = multiplier >> kLowBits;
  int32_t low = (offset - 128) * low_step + (1 << (kLowBits - 1));
  int32_t high = (offset - 128) * high_step;
  const auto next = [&]() {
    const int32_t product = high + (low >> kLowBits);
    low += low_step;
    high += high_step;
    // Halves away from zero.
    return shift == 0 ? product : (((product - (product < 0)) >> (-shift - 1)) + 1) >> 1;
  };
  for (int entry = 0; entry < kTableWords; entry += 2) {
    const int32_t first = next();
    cfu::push(first, next());
  }
}

}  // namespace

bool add(const AddLayer& layer) {
  const auto& params = layer.params;
  const int elements = layer.output_shape.FlatSize();
  if constexpr (cfu::kFilterWords < 2 * kTableWords) return false;
  if (layer.requires_broadcast || params.left_shift != kLeftShift || elements < kLeastElements) {
    return false;
  }
  Publish();
  ConfigureOutputs(params);
  cfu::configure(cfu::kFilterWordsPerChannel, cfu::kFilterWords);
  cfu::seek(cfu::kFilters, 0);
  WriteTable(params.input1_offset, params.input1_multiplier, params.input1_shift);
  WriteTable(params.input2_offset, params.input2_multiplier, params.input2_shift);
  const Parameters parameters = {nullptr, nullptr, nullptr, params.output_multiplier,
                                 params.output_shift};
  parameters.Load(0, 1);
  cfu::configure(cfu::kBlockChannels, 1);
  cfu::configure(cfu::kWindowWords, 1);
  cfu::configure(cfu::kWindowTaps, 2);
  cfu::configure(cfu::kTapStep, kMostElements);
  cfu::configure(cfu::kWindowRows, 1);
  cfu::configure(cfu::kInputBase, 0);
  cfu::configure(cfu::kColumnStep, 1);
  cfu::configure(cfu::kLines, 1);
  const Output output(layer.output_data, 1);
  Tile tile = {};
  for (tile.lines = 1; tile.first_pixel < elements; tile.first_pixel += tile.columns) {
    tile.columns = std::min(kMostElements, elements - tile.first_pixel);
    cfu::configure(cfu::kColumns, tile.columns);
    cfu::seek(cfu::kInputs, 0);
    WriteBytes(layer.input1_data + tile.first_pixel, tile.columns);
    cfu::seek(cfu::kInputs, kMostElements);
    WriteBytes(layer.input2_data + tile.first_pixel, tile.columns);
    output.Run(cfu::kLookup, tile, {0, 1});
  }
  Refresh();
  return true;
}

}  // namespace playground
