// CONV_2D with the instructions of my_cfu.py, for filters of any size whose rows of inputs are
// words.

#include "playground/conv_2d.h"

#include "kernel.h"

namespace playground {
namespace {

alignas(4) int8_t window[kWindowBytes];

// Puts the inputs of an output pixel into the CFU's buffer.
void WriteInputs(const Word* input, int words) {
  for (int index = 0; index < words; ++index) cfu::write_input(index, input[index]);
}

// The bias plus `words` words of filters times as many of the buffer's inputs.
int32_t Dot(const Word* filter, int words, int32_t bias) {
  cfu::start(bias);
  for (; words >= 8; words -= 8, filter += 8) {
    // Loads first: the CPU waits two cycles before an instruction of the CFU after a load.
    const Word f0 = filter[0], f1 = filter[1], f2 = filter[2], f3 = filter[3];
    const Word f4 = filter[4], f5 = filter[5], f6 = filter[6], f7 = filter[7];
    cfu::mac_buffered(f0);
    cfu::mac_buffered(f1);
    cfu::mac_buffered(f2);
    cfu::mac_buffered(f3);
    cfu::mac_buffered(f4);
    cfu::mac_buffered(f5);
    cfu::mac_buffered(f6);
    cfu::mac_buffered(f7);
  }
  for (; words > 0; --words) cfu::mac_buffered(*filter++);
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
        WriteInputs(Words(window), bytes / 4);
        const int8_t* filter = layer.filter_data;
        for (int channel = 0; channel < output_depth; ++channel, filter += bytes) {
          const int32_t sum = Dot(Words(filter), bytes / 4, outputs.Bias(channel));
          *output++ = outputs.Requantize(channel, sum);
        }
      }
    }
    image += layer.input_shape.FlatSize() / layer.input_shape.Dims(0);
  }
  return true;
}

}  // namespace playground
