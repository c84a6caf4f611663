// How a layer is run: block by block of its output channels and tile by tile of its outputs.

#ifndef FIRMWARE_KERNELS_OVERRIDES_ARRAY_BLOCKS_H_
#define FIRMWARE_KERNELS_OVERRIDES_ARRAY_BLOCKS_H_

#include <algorithm>
#include <cstdint>

#include "engine.h"
#include "tiling.h"

namespace playground::array {

// Output channels that are computed together.
struct Block {
  int begin;
  int channels;
};

// Takes the next `words` results.
inline void ReadWords(Word* target, int words) {
  for (; words >= 8; words -= 8, target += 8) {
    const Word a = cfu::read(), b = cfu::read(), c = cfu::read(), d = cfu::read();
    const Word e = cfu::read(), f = cfu::read(), g = cfu::read(), h = cfu::read();
    target[0] = a;
    target[1] = b;
    target[2] = c;
    target[3] = d;
    target[4] = e;
    target[5] = f;
    target[6] = g;
    target[7] = h;
  }
  for (; words > 0; --words) *target++ = cfu::read();
}

// Takes `bytes` int8 results that begin with a word.
inline void ReadBytes(int8_t* target, int bytes) {
  if (IsAligned(target)) {
    ReadWords(reinterpret_cast<Word*>(target), bytes / 4);
    target += bytes / 4 * 4;
    bytes %= 4;
  }
  for (; bytes > 0; bytes -= 4) {
    Word results = cfu::read();
    for (int i = std::min(4, bytes); i > 0; --i, results >>= 8) {
      *target++ = static_cast<int8_t>(results);
    }
  }
}

// Where outputs go: pixels of `depth` channels.
class Output {
 public:
  Output(int8_t* data, int depth) : data_(data), depth_(depth) {}

  int depth() const { return depth_; }

  // Computes a tile and a block that are in the engine, and puts the results where they belong.
  [[gnu::noinline]] void Run(int mode, const Tile& tile, const Block& block) const {
    int8_t* target = data_ + tile.first_pixel * depth_ + block.begin;
    const bool is_whole = block.channels == depth_;
    if constexpr (kHasPort) {
      // The engine stores at words' addresses; what begins elsewhere is left to the CPU.
      if (IsAligned(target) && (is_whole || (depth_ | block.channels) % 4 == 0)) {
        cfu::configure(cfu::kMode, mode | cfu::kStore);
        cfu::configure(cfu::kStoreAddress, Address(target));
        cfu::configure(cfu::kStoreWords, is_whole ? 1 : block.channels / 4);
        cfu::configure(cfu::kStoreStep, is_whole ? 4 : depth_);
        cfu::run();
        return;
      }
    }
    cfu::configure(cfu::kMode, is_whole ? mode : mode | cfu::kAlignPixels);
    cfu::run();
    if (is_whole) {
      ReadBytes(target, tile.pixels() * depth_);
      return;
    }
    for (int pixels = tile.pixels(); pixels > 0; --pixels, target += depth_) {
      ReadBytes(target, block.channels);
    }
  }

 private:
  int8_t* const data_;
  const int depth_;
};

// Runs a layer of which a block needs `filter_bytes` / `channels` times its channels to be loaded.
// Whether inputs or filters are loaded again is decided by their bytes. If the tiling is sliced, a
// block is a slice.
//
// `load` puts a block's filters and parameters into the engine and sets the block's registers,
// `run` computes a tile and a block that are there.
template <typename Load, typename Run>
void RunBlocks(const Tiling& tiling, int channels, int block_channels, int filter_bytes, Load load,
               Run run) {
  const int blocks = DivideUp(channels, block_channels);
  const int tiles = tiling.tiles();
  const bool is_sliced = tiling.is_sliced();
  const bool keeps_tile = !is_sliced && (tiles == 1 || int64_t{filter_bytes} * (tiles - 1) <
                                                           int64_t{tiling.bytes()} * (blocks - 1));
  Tile tile = tiling.First();
  Block block = {0, std::min(block_channels, channels)};
  const auto next_block = [&]() {
    block.begin += block_channels;
    if (block.begin >= channels) block.begin = 0;
    block.channels = std::min(block_channels, channels - block.begin);
    return block.begin != 0;
  };
  for (bool loads_block = true, loads_tile = true;;) {
    if (loads_block) {
      cfu::configure(cfu::kBlockChannels, block.channels);
      load(block);
    }
    if (loads_tile) tiling.Load(tile, is_sliced ? block.begin : 0);
    run(tile, block);
    if (keeps_tile) {
      loads_block = blocks > 1;
      loads_tile = !next_block();
      if (loads_tile && !tiling.Next(&tile)) break;
    } else {
      loads_tile = tiles > 1 || is_sliced;
      loads_block = !tiling.Next(&tile);
      if (loads_block && !next_block()) break;
    }
  }
  Refresh();
}

}  // namespace playground::array

#endif  // FIRMWARE_KERNELS_OVERRIDES_ARRAY_BLOCKS_H_
