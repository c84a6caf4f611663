// DEPTHWISE_CONV_2D with the instructions of my_cfu.py: four neighbouring channels at a time, one
// in each lane. The lanes are never added up.

#include "playground/depthwise_conv_2d.h"

#include "kernel.h"

namespace playground {
namespace {

// The part of the filter, in taps, that is over the image in one direction.
struct Range {
  int begin;
  int end;
};

Range Overlap(int position, int taps, int dilation, int size) {
  Range range = {0, taps};
  while (range.begin < taps && position + range.begin * dilation < 0) ++range.begin;
  while (range.end > range.begin && position + (range.end - 1) * dilation >= size) --range.end;
  return range;
}

// Adds up a row of `taps` taps, each a word of four channels.
inline void MacRow(const Word* filter, int filter_step, const Word* input, int input_step,
                   int taps) {
  if (taps == 3) {
    const Word f0 = filter[0], f1 = filter[filter_step], f2 = filter[2 * filter_step];
    const Word i0 = input[0], i1 = input[input_step], i2 = input[2 * input_step];
    cfu::mac(f0, i0);
    cfu::mac(f1, i1);
    cfu::mac(f2, i2);
    return;
  }
  for (; taps > 0; --taps, filter += filter_step, input += input_step) cfu::mac(*filter, *input);
}

}  // namespace

bool depthwise_conv_2d(const DepthwiseConv2DLayer& layer) {
  const tflite::DepthwiseParams& params = layer.params;
  const int depth = layer.input_shape.Dims(3);
  if (params.depth_multiplier != 1 || depth % 4 != 0) return false;
  if (!Outputs::Fits(layer)) return false;

  const int height = layer.input_shape.Dims(1);
  const int width = layer.input_shape.Dims(2);
  const int filter_width = layer.filter_shape.Dims(2);
  const int filter_step = depth / 4;  // from tap to tap, in words
  const int input_step = filter_step * params.dilation_width_factor;
  const int row_step = filter_step * width * params.dilation_height_factor;
  const Outputs outputs(layer);
  cfu::set_input_offset(params.input_offset);
  const Word* image = Words(layer.input_data);
  int8_t* output = layer.output_data;
  for (int batch = layer.input_shape.Dims(0); batch > 0; --batch) {
    for (int y = 0; y < layer.output_shape.Dims(1); ++y) {
      const int top = y * params.stride_height - params.padding_values.height;
      const Range rows =
          Overlap(top, layer.filter_shape.Dims(1), params.dilation_height_factor, height);
      for (int x = 0; x < layer.output_shape.Dims(2); ++x) {
        const int left = x * params.stride_width - params.padding_values.width;
        const Range columns = Overlap(left, filter_width, params.dilation_width_factor, width);
        const Word* filter =
            Words(layer.filter_data) + (rows.begin * filter_width + columns.begin) * filter_step;
        const Word* input = image + (top * width + left) * filter_step + rows.begin * row_step +
                            columns.begin * input_step;
        const int taps = columns.end - columns.begin;
        for (int channel = 0; channel < depth; channel += 4, ++filter, ++input) {
          cfu::start(0);
          for (int row = 0; row < rows.end - rows.begin; ++row) {
            MacRow(filter + row * filter_width * filter_step, filter_step, input + row * row_step,
                   input_step, taps);
          }
          for (int lane = 0; lane < 4; ++lane) {
            const int32_t sum =
                static_cast<int32_t>(cfu::lane(lane)) + outputs.Bias(channel + lane);
            *output++ = outputs.Requantize(channel + lane, sum);
          }
        }
      }
    }
    image += height * width * filter_step;
  }
  return true;
}

}  // namespace playground
