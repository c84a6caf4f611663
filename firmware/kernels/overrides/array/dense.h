// Convolutions and fully connected layers: every output channel sums up all input channels.

#ifndef FIRMWARE_KERNELS_OVERRIDES_ARRAY_DENSE_H_
#define FIRMWARE_KERNELS_OVERRIDES_ARRAY_DENSE_H_

#include <algorithm>
#include <cstdint>

#include "blocks.h"
#include "engine.h"
#include "tiling.h"

namespace playground::array {

// The filters of output channels, each of some rows of int8. In the engine a row begins with a
// word, and zeros fill up its last one.
class DenseFilters {
 public:
  // `step` is from a value of a filter to the next: 1, or all channels if they take turns.
  DenseFilters(const int8_t* data, int step, int rows, int row_bytes)
      : data_(data),
        step_(step),
        rows_(rows),
        row_bytes_(row_bytes),
        row_words_(DivideUp(row_bytes, 4)),
        words_(rows * row_words_) {}

  int row_words() const { return row_words_; }
  int words() const { return words_; }  // of a channel

  // How many channels fit the engine, at most `channels`; 0 if it is none. If they are more than a
  // few, their results are whole words.
  int Fitting(int channels) const {
    const int fitting = std::min(cfu::kFilterWords / words_ * cfu::kUnits, cfu::kChannels);
    return fitting >= channels ? channels : fitting < 16 ? fitting : fitting & ~3;
  }

  [[gnu::noinline]] void Load(const Block& block) const {
    cfu::seek(cfu::kFilters, 0);
    const int channel_step = step_ == 1 ? rows_ * row_bytes_ : 1;
    const int8_t* filter = data_ + block.begin * channel_step;
    if (step_ == 1 && row_bytes_ % 4 == 0) {
      WriteWords(Words(filter), block.channels * words_);
      return;
    }
    for (int channels = block.channels; channels > 0; --channels, filter += channel_step) {
      const int8_t* value = filter;
      for (int rows = rows_; rows > 0; --rows) {
        for (int rest = row_bytes_; rest > 0; rest -= 4) {
          Word word = 0;
          for (int i = 0; i < std::min(rest, 4); ++i, value += step_) {
            word |= Word{static_cast<uint8_t>(*value)} << (8 * i);
          }
          cfu::push_bytes(word, 4);
        }
      }
    }
  }

 private:
  const int8_t* const data_;
  const int step_;
  const int rows_;
  const int row_bytes_;
  const int row_words_;
  const int words_;
};

// Runs a layer of which everything but `filters`, `parameters` and the registers of quantization is
// in `tiling` and `output`. Returns false if it does not fit.
inline bool RunDense(const Tiling& tiling, const DenseFilters& filters,
                     const Parameters& parameters, const Output& output) {
  if (!tiling.Fits()) return false;
  const int block = filters.Fitting(output.depth());
  if (block == 0) return false;
  const Windows& windows = tiling.windows();
  tiling.Configure(windows.dilation_x == 1 ? 1 : windows.window_width, filters.row_words());
  cfu::configure(cfu::kFilterWordsPerChannel, filters.words());
  const auto load = [&](const Block& loaded) {
    cfu::configure(cfu::kInputBase, 0);
    parameters.Load(loaded.begin, loaded.channels);
    filters.Load(loaded);
  };
  const auto run = [&](const Tile& tile, const Block& loaded) {
    output.Run(cfu::kDense, tile, loaded);
  };
  RunBlocks(tiling, output.depth(), block, output.depth() * filters.words() * 4, load, run);
  return true;
}

// Runs a convolution whose output channels have all input channels as their inputs.
template <typename Layer>
bool RunConvolution(const Layer& layer, int filter_step) {
  const auto& params = layer.params;
  const Windows windows = Windows::OfConvolution(layer);
  const Tiling tiling(windows, windows.depth, layer.input_data,
                      static_cast<int8_t>(-params.input_offset));
  const bool is_dilated = windows.dilation_x != 1;
  const DenseFilters filters(layer.filter_data, filter_step,
                             windows.window_height * (is_dilated ? windows.window_width : 1),
                             windows.depth * (is_dilated ? 1 : windows.window_width));
  const Parameters parameters = {layer.bias_data, layer.output_multiplier, layer.output_shift, 0,
                                 0};
  Publish();
  cfu::configure(cfu::kInputOffset, params.input_offset);
  ConfigureOutputs(params);
  return RunDense(tiling, filters, parameters,
                  Output(layer.output_data, layer.output_shape.Dims(3)));
}

}  // namespace playground::array

#endif  // FIRMWARE_KERNELS_OVERRIDES_ARRAY_DENSE_H_
