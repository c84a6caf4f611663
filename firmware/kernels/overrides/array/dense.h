// Convolutions and fully connected layers: every output channel sums up all input channels.

#ifndef FIRMWARE_KERNELS_OVERRIDES_ARRAY_DENSE_H_
#define FIRMWARE_KERNELS_OVERRIDES_ARRAY_DENSE_H_

#include <algorithm>
#include <cstdint>

#include "blocks.h"
#include "engine.h"
#include "tiling.h"

namespace playground::array {

// The filters of output channels, which are rows of consecutive int8. In the engine each row begins
// with a word, and zeros fill up its last one.
class DenseFilters {
 public:
  DenseFilters(const int8_t* data, int rows, int row_bytes)
      : data_(data),
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
    const int8_t* source = data_ + block.begin * rows_ * row_bytes_;
    if (row_bytes_ % 4 == 0) {
      WriteWords(Words(source), block.channels * words_);
      return;
    }
    for (int rows = block.channels * rows_; rows > 0; --rows) {
      for (int rest = row_bytes_; rest > 0; rest -= 4) {
        const int bytes = std::min(rest, 4);
        Word word = 0;
        for (int i = 0; i < bytes; ++i) word |= Word{static_cast<uint8_t>(*source++)} << (8 * i);
        cfu::push_bytes(word, 4);
      }
    }
  }

 private:
  const int8_t* const data_;
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

}  // namespace playground::array

#endif  // FIRMWARE_KERNELS_OVERRIDES_ARRAY_DENSE_H_
