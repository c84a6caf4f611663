// DEPTHWISE_CONV_2D: four neighbouring channels at a time, one in each of a unit's lanes.

#include "playground/depthwise_conv_2d.h"

#include "blocks.h"

namespace playground {

using namespace array;

bool depthwise_conv_2d(const DepthwiseConv2DLayer& layer) {
  const auto& params = layer.params;
  const Windows windows = Windows::OfConvolution(layer);
  const int channels = windows.depth;
  const int taps = layer.filter_shape.Dims(1) * layer.filter_shape.Dims(2);
  const int block = std::min({channels, cfu::kChannels, cfu::kFilterWords / taps * 4});
  if (params.depth_multiplier != 1 || channels % 4 != 0 || block == 0) return false;
  const Tiling tiling(windows, layer.input_data, static_cast<int8_t>(-params.input_offset));
  if (!tiling.Fits()) return false;
  const Parameters parameters = {layer.bias_data, layer.output_multiplier, layer.output_shift, 0,
                                 0};
  Publish();
  cfu::configure(cfu::kInputOffset, params.input_offset);
  ConfigureOutputs(params);
  tiling.Configure(windows.window_width, 1);
  cfu::configure(cfu::kFilterWordsPerChannel, cfu::kFilterWords);
  const Output output(layer.output_data, channels);
  const auto load = [&](const Block& loaded) {
    cfu::configure(cfu::kInputBase, loaded.begin);
    parameters.Load(loaded.begin, loaded.channels);
    cfu::seek(cfu::kFilters, 0);
    const Word* filter = Words(layer.filter_data + loaded.begin);
    if (loaded.channels == channels) {
      WriteWords(filter, taps * channels / 4);
      return;
    }
    for (int tap = 0; tap < taps; ++tap, filter += channels / 4) {
      WriteWords(filter, loaded.channels / 4);
    }
  };
  const auto run = [&](const Tile& tile, const Block& loaded) {
    output.Run(cfu::kDepthwise, tile, loaded);
  };
  RunBlocks(tiling, channels, block, taps * channels, load, run);
  return true;
}

}  // namespace playground
