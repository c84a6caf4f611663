// CONV_2D: the rows of a window are consecutive bytes of the image, all of its channels.

#include "playground/conv_2d.h"

#include "dense.h"

namespace playground {

using namespace array;

bool conv_2d(const Conv2DLayer& layer) {
  const auto& params = layer.params;
  if (layer.filter_shape.Dims(3) != layer.input_shape.Dims(3)) return false;  // groups
  const Windows windows = Windows::OfConvolution(layer);
  const Tiling tiling(windows, windows.depth, layer.input_data,
                      static_cast<int8_t>(-params.input_offset));
  const bool is_dilated = windows.dilation_x != 1;
  const DenseFilters filters(layer.filter_data,
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

}  // namespace playground
