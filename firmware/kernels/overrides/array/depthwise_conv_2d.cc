// DEPTHWISE_CONV_2D: four neighbouring channels at a time, one in each of a unit's lanes. Outputs
// of a single input channel are those of a convolution, whose filters take turns.

#include "playground/depthwise_conv_2d.h"

#include "channels.h"
#include "dense.h"

namespace playground {

using namespace array;

bool depthwise_conv_2d(const DepthwiseConv2DLayer& layer) {
  const auto& params = layer.params;
  const int channels = layer.output_shape.Dims(3);
  if (layer.input_shape.Dims(3) == 1) return RunConvolution(layer, channels);
  const ChannelPlan plan(Windows::OfConvolution(layer), layer.input_data,
                         static_cast<int8_t>(-params.input_offset));
  if (params.depth_multiplier != 1 || !plan.Fits()) return false;
  const Parameters parameters = {layer.bias_data, layer.output_multiplier, layer.output_shift, 0,
                                 0};
  const Output output(layer.output_data, channels);
  Publish();
  cfu::configure(cfu::kInputOffset, params.input_offset);
  ConfigureOutputs(params);
  plan.Configure();
  const auto load = [&](const Block& block) {
    plan.Configure(block);
    parameters.Load(block.begin, block.channels);
    cfu::seek(cfu::kFilters, 0);
    const Word* filter = Words(layer.filter_data + block.begin);
    if (block.channels == channels) {
      WriteWords(filter, plan.taps() * channels / 4);
      return;
    }
    for (int tap = 0; tap < plan.taps(); ++tap, filter += channels / 4) {
      WriteWords(filter, block.channels / 4);
    }
  };
  const auto run = [&](const Tile& tile, const Block& block) {
    output.Run(cfu::kDepthwise, tile, block);
  };
  RunBlocks(plan.tiling(), channels, plan.block(), plan.taps() * channels, load, run);
  return true;
}

}  // namespace playground
