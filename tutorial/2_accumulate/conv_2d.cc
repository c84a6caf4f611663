// CONV_2D with the instructions of my_cfu.py. The file's name says which operator it is for.
//
// Returning false leaves a layer to TensorFlow Lite Micro's own kernel, so it is enough to handle
// the layers that matter: here convolutions of 1x1 over a multiple of sixteen channels.

#include "playground/conv_2d.h"

#include <algorithm>

#include "cfu.h"  // Generated: cfu::mac and whatever else my_cfu.py has.

namespace playground {
namespace {

// Four int8 values, the first in the lowest byte.
using Word = uint32_t __attribute__((may_alias));

const Word* Words(const int8_t* bytes) { return reinterpret_cast<const Word*>(bytes); }

}  // namespace

bool conv_2d(const Conv2DLayer& layer) {
  const tflite::ConvParams& params = layer.params;
  const int input_depth = layer.input_shape.Dims(3);
  const int output_depth = layer.output_shape.Dims(3);
  const bool is_pointwise = layer.filter_shape.Dims(1) == 1 && layer.filter_shape.Dims(2) == 1 &&
                            params.stride_width == 1 && params.stride_height == 1;
  const bool is_grouped = layer.filter_shape.Dims(3) != input_depth;
  if (!is_pointwise || is_grouped || input_depth % 16 != 0) return false;

  cfu::set_input_offset(params.input_offset);
  const int pixels = layer.output_shape.FlatSize() / output_depth;
  const int words = input_depth / 4;
  const Word* pixel_inputs = Words(layer.input_data);
  int8_t* output = layer.output_data;
  for (int pixel = 0; pixel < pixels; ++pixel, pixel_inputs += words) {
    const Word* filter = Words(layer.filter_data);
    for (int channel = 0; channel < output_depth; ++channel) {
      cfu::start(layer.bias_data != nullptr ? layer.bias_data[channel] : 0);
      const Word* const end = pixel_inputs + words;
      for (const Word* input = pixel_inputs; input != end; input += 4, filter += 4) {
        // Loads first: the CPU waits two cycles before an instruction of the CFU after a load.
        const Word f0 = filter[0], f1 = filter[1], f2 = filter[2], f3 = filter[3];
        const Word i0 = input[0], i1 = input[1], i2 = input[2], i3 = input[3];
        cfu::mac(f0, i0);
        cfu::mac(f1, i1);
        cfu::mac(f2, i2);
        cfu::mac(f3, i3);
      }
      int32_t sum = static_cast<int32_t>(cfu::sum());
      sum = tflite::MultiplyByQuantizedMultiplier(sum, layer.output_multiplier[channel],
                                                  layer.output_shift[channel]);
      sum += params.output_offset;
      sum = std::max(sum, params.quantized_activation_min);
      sum = std::min(sum, params.quantized_activation_max);
      *output++ = static_cast<int8_t>(sum);
    }
  }
  return true;
}

}  // namespace playground
