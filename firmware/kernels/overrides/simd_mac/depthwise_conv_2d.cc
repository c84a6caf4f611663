// DEPTHWISE_CONV_2D: four neighbouring channels at a time, one in each of the CFU's lanes.

#include "playground/depthwise_conv_2d.h"

#include "simd_mac.h"

namespace playground {
namespace {

using namespace simd_mac;

// The part of the filter, in taps, that is over the image.
struct Overlap {
  int first;
  int last;
};

Overlap OverlapOf(int begin, int dilation, int taps, int size) {
  Overlap overlap = {0, taps};
  while (overlap.first < taps && begin + overlap.first * dilation < 0) ++overlap.first;
  while (overlap.last > overlap.first && begin + (overlap.last - 1) * dilation >= size) {
    --overlap.last;
  }
  return overlap;
}

// Multiplies and accumulates `taps` words in a row of the image and of the filter.
[[gnu::always_inline]] inline void MacRow(const Word* input, int input_step, const Word* filter,
                                          int filter_step, int taps) {
  for (; taps >= 3; taps -= 3) {
    const Word input_0 = input[0], filter_0 = filter[0];
    const Word input_1 = input[input_step], filter_1 = filter[filter_step];
    const Word input_2 = input[2 * input_step], filter_2 = filter[2 * filter_step];
    cfu::mac(filter_0, input_0);
    cfu::mac(filter_1, input_1);
    cfu::mac(filter_2, input_2);
    input += 3 * input_step;
    filter += 3 * filter_step;
  }
  for (; taps > 0; --taps) {
    cfu::mac(*filter, *input);
    input += input_step;
    filter += filter_step;
  }
}

void RunPixel(const DepthwiseConv2DLayer& layer, const Word* image, int top, int left,
              Word* output) {
  const auto& params = layer.params;
  const int words = layer.input_shape.Dims(3) / 4;
  const int width = layer.input_shape.Dims(2);
  const int filter_width = layer.filter_shape.Dims(2);
  const Overlap rows = OverlapOf(top, params.dilation_height_factor, layer.filter_shape.Dims(1),
                                 layer.input_shape.Dims(1));
  const Overlap columns = OverlapOf(left, params.dilation_width_factor, filter_width, width);
  const int input_step = params.dilation_width_factor * words;
  const int input_row_step = params.dilation_height_factor * width * words;
  const int filter_row_step = filter_width * words;
  const int taps = columns.last - columns.first;
  const Word* inputs = image + ((top + rows.first * params.dilation_height_factor) * width + left +
                                columns.first * params.dilation_width_factor) *
                                   words;
  const Word* filters =
      Words(layer.filter_data) + (rows.first * filter_width + columns.first) * words;
  const int32_t* bias = layer.bias_data;
  const int32_t* multiplier = layer.output_multiplier;
  const int32_t* shift = layer.output_shift;
  for (int word = 0; word < words; ++word) {
    cfu::start(bias != nullptr ? bias[0] : 0);
    const Word* input = inputs + word;
    const Word* filter = filters + word;
    for (int row = rows.first; row < rows.last; ++row) {
      MacRow(input, input_step, filter, words, taps);
      input += input_row_step;
      filter += filter_row_step;
    }
    cfu::requantize_lane(multiplier[0], shift[0]);
    for (int lane = 1; lane < 4; ++lane) {
      if (bias != nullptr) cfu::set_bias(bias[lane]);
      cfu::requantize_lane(multiplier[lane], shift[lane]);
    }
    if (bias != nullptr) bias += 4;
    multiplier += 4;
    shift += 4;
    *output++ = cfu::results();
  }
}

}  // namespace

bool depthwise_conv_2d(const DepthwiseConv2DLayer& layer) {
  const auto& params = layer.params;
  const int depth = layer.input_shape.Dims(3);
  if (params.depth_multiplier != 1 || depth % 4 != 0) return false;
  cfu::set_offsets(params.input_offset, params.output_offset);
  cfu::set_activation(params.quantized_activation_min, params.quantized_activation_max);
  const int words = depth / 4;
  const Word* image = Words(layer.input_data);
  auto* output = reinterpret_cast<Word*>(layer.output_data);
  for (int batch = layer.input_shape.Dims(0); batch > 0; --batch) {
    for (int y = 0; y < layer.output_shape.Dims(1); ++y) {
      const int top = y * params.stride_height - params.padding_values.height;
      for (int x = 0; x < layer.output_shape.Dims(2); ++x) {
        const int left = x * params.stride_width - params.padding_values.width;
        RunPixel(layer, image, top, left, output);
        output += words;
      }
    }
    image += layer.input_shape.Dims(1) * layer.input_shape.Dims(2) * words;
  }
  return true;
}

}  // namespace playground
