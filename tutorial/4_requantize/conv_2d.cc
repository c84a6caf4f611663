// CONV_2D with the instructions of my_cfu.py, for filters of any size whose rows of inputs are
// words.

#include "playground/conv_2d.h"

#include "kernel.h"

namespace playground {
namespace {

alignas(4) int8_t window[kWindowBytes];

// The bias plus `words` words of filters times as many of inputs.
int32_t Dot(const Word* filter, const Word* input, int words, int32_t bias) {
  cfu::start(bias);
  for (; words >= 4; words -= 4, filter += 4, input += 4) {
    // Loads first: the CPU waits two cycles before an instruction of the CFU after a load.
    const Word f0 = filter[0], f1 = filter[1], f2 = filter[2], f3 = filter[3];
    const Word i0 = input[0], i1 = input[1], i2 = input[2], i3 = input[3];
    cfu::mac(f0, i0);
    cfu::mac(f1, i1);
    cfu::mac(f2, i2);
    cfu::mac(f3, i3);
  }
  for (; words > 0; --words) cfu::mac(*filter++, *input++);
  return static_cast<int32_t>(cfu::sum());
}

}  // namespace

bool conv_2d(const Conv2DLayer& layer) {
  const tflite::ConvParams& params = layer.params;
  const int input_depth = layer.input_shape.Dims(3);
  const int output_depth = layer.output_shape.Dims(3);
  const int bytes = layer.filter_shape.Dims(1) * layer.filter_shape.Dims(2) * input_depth;
  const bool is_grouped = layer.filter_shape.Dims(3) != input_depth;
  if (is_grouped || bytes % 4 != 0 || bytes > kWindowBytes) return false;
  if (!Outputs::Fits(layer)) return false;

  const Outputs outputs(layer);
  cfu::set_input_offset(params.input_offset);
  const int8_t* image = layer.input_data;
  int8_t* output = layer.output_data;
  for (int batch = layer.input_shape.Dims(0); batch > 0; --batch) {
    for (int y = 0; y < layer.output_shape.Dims(1); ++y) {
      for (int x = 0; x < layer.output_shape.Dims(2); ++x) {
        CopyWindow(layer, image, y, x, window);
        const int8_t* filter = layer.filter_data;
        for (int channel = 0; channel < output_depth; ++channel, filter += bytes) {
          const int32_t sum = Dot(Words(filter), Words(window), bytes / 4, outputs.Bias(channel));
          *output++ = outputs.Requantize(channel, sum);
        }
      }
    }
    image += layer.input_shape.FlatSize() / layer.input_shape.Dims(0);
  }
  return true;
}

}  // namespace playground
