// FULLY_CONNECTED: a batch is a pixel.

#include "playground/fully_connected.h"

#include "dense.h"

namespace playground {

using namespace array;

bool fully_connected(const FullyConnectedLayer& layer) {
  const auto& params = layer.params;
  if (params.weights_offset != 0) return false;
  const int depth = layer.filter_shape.Dims(layer.filter_shape.DimensionsCount() - 1);
  const Tiling tiling(Windows::OfPixels(layer.output_shape.Dims(0), depth), depth, layer.input_data,
                      0);
  const DenseFilters filters(layer.filter_data, 1, 1, depth);
  const Parameters parameters = {layer.bias_data, layer.output_multiplier, layer.output_shift,
                                 params.output_multiplier, params.output_shift};
  Publish();
  cfu::configure(cfu::kInputOffset, params.input_offset);
  ConfigureOutputs(params);
  return RunDense(tiling, filters, parameters,
                  Output(layer.output_data, layer.output_shape.Dims(1)));
}

}  // namespace playground
