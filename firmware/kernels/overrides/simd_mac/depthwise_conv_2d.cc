// DEPTHWISE_CONV_2D: four neighbouring channels at a time, one in each of the CFU's lanes. Filters
// and parameters of a block of channels are put together in the order in which they are needed.

#include "playground/depthwise_conv_2d.h"

#include "simd_mac.h"

namespace playground {
namespace {

using namespace simd_mac;

constexpr int kBlockWords = 512;     // half of the data cache
constexpr int kParameterWords = 12;  // bias, multiplier and shift of four channels

// For each four channels of a block: a word of filter for each tap, then the parameters.
Word packed[kBlockWords];

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

// Multiplies and accumulates a row of the image and of the filter: kTaps words of each, or `taps`
// if kTaps is 0.
template <int kTaps>
[[gnu::always_inline]] inline void MacRow(const Word* input, int input_step, const Word* filter,
                                          int taps) {
  if constexpr (kTaps == 0) {
    for (; taps > 0; --taps, ++filter, input += input_step) cfu::mac(*filter, *input);
  } else {
    Word inputs[kTaps], filters[kTaps];
    for (int tap = 0; tap < kTaps; ++tap, input += input_step) {
      inputs[tap] = *input;
      filters[tap] = filter[tap];
    }
    for (int tap = 0; tap < kTaps; ++tap) cfu::mac(filters[tap], inputs[tap]);
  }
}

class DepthwiseConvolution {
 public:
  explicit DepthwiseConvolution(const DepthwiseConv2DLayer& layer)
      : layer_(layer),
        input_height_(layer.input_shape.Dims(1)),
        input_width_(layer.input_shape.Dims(2)),
        depth_words_(layer.input_shape.Dims(3) / 4),
        filter_height_(layer.filter_shape.Dims(1)),
        filter_width_(layer.filter_shape.Dims(2)),
        taps_(filter_height_ * filter_width_),
        stride_words_(taps_ + kParameterWords),
        input_step_(layer.params.dilation_width_factor * depth_words_),
        input_row_step_(layer.params.dilation_height_factor * input_width_ * depth_words_) {}

  bool Fits() const {
    return layer_.params.depth_multiplier == 1 && layer_.input_shape.Dims(3) % 4 == 0 &&
           stride_words_ <= kBlockWords;
  }

  void Run() const {
    const auto& params = layer_.params;
    cfu::set_offsets(params.input_offset, params.output_offset);
    cfu::set_activation(params.quantized_activation_min, params.quantized_activation_max);
    const int block = kBlockWords / stride_words_;
    for (int begin = 0; begin < depth_words_; begin += block) {
      const int words = std::min(block, depth_words_ - begin);
      Pack(begin, words);
      RunBlock(begin, words);
    }
  }

 private:
  void Pack(int begin, int words) const {
    Word* target = packed;
    for (int word = begin; word < begin + words; ++word) {
      const Word* filter = Words(layer_.filter_data) + word;
      for (int tap = 0; tap < taps_; ++tap, filter += depth_words_) *target++ = *filter;
      for (int lane = 0; lane < 4; ++lane, target += 3) {
        const int channel = 4 * word + lane;
        target[0] = layer_.bias_data != nullptr ? layer_.bias_data[channel] : 0;
        target[1] = layer_.output_multiplier[channel];
        target[2] = layer_.output_shift[channel];
      }
    }
  }

  void RunBlock(int begin, int words) const {
    const auto& params = layer_.params;
    const Word* image = Words(layer_.input_data) + begin;
    Word* output = reinterpret_cast<Word*>(layer_.output_data) + begin;
    for (int batch = layer_.input_shape.Dims(0); batch > 0; --batch) {
      for (int y = 0; y < layer_.output_shape.Dims(1); ++y) {
        const int top = y * params.stride_height - params.padding_values.height;
        const Overlap rows =
            OverlapOf(top, params.dilation_height_factor, filter_height_, input_height_);
        for (int x = 0; x < layer_.output_shape.Dims(2); ++x) {
          const int left = x * params.stride_width - params.padding_values.width;
          const Overlap columns =
              OverlapOf(left, params.dilation_width_factor, filter_width_, input_width_);
          const Word* input = image + (top * input_width_ + left) * depth_words_ +
                              rows.first * input_row_step_ + columns.first * input_step_;
          switch (columns.last - columns.first) {
            case 1:
              RunPixel<1>(input, rows, columns, words, output);
              break;
            case 2:
              RunPixel<2>(input, rows, columns, words, output);
              break;
            case 3:
              RunPixel<3>(input, rows, columns, words, output);
              break;
            default:
              RunPixel<0>(input, rows, columns, words, output);
          }
          output += depth_words_;
        }
      }
      image += input_height_ * input_width_ * depth_words_;
    }
  }

  // `input` is the first tap of the overlap; the outputs are `words` words from `output` on.
  // kTaps as in MacRow.
  template <int kTaps>
  void RunPixel(const Word* input, Overlap rows, Overlap columns, int words, Word* output) const {
    const int taps = columns.last - columns.first;
    const int row_count = rows.last - rows.first;
    const Word* const first_filter = packed + rows.first * filter_width_ + columns.first;
    const Word* parameters = packed + taps_;
    const Word* const end = input + words;
    const int filter_offset = static_cast<int>(first_filter - parameters);
    Word* finished = nullptr;
    for (; input != end; ++input) {
      cfu::start(parameters[0]);
      const Word* row = input;
      const Word* filter = parameters + filter_offset;
      for (int rest = row_count; rest > 0; --rest) {
        MacRow<kTaps>(row, input_step_, filter, taps);
        row += input_row_step_;
        filter += filter_width_;
      }
      // Outputs are fetched when the next ones are under way, since requantization takes its time.
      if (finished != nullptr) *finished = cfu::results();
      finished = output++;
      cfu::requantize_lane(parameters[1], parameters[2]);
      cfu::set_bias(parameters[3]);
      cfu::requantize_lane(parameters[4], parameters[5]);
      cfu::set_bias(parameters[6]);
      cfu::requantize_lane(parameters[7], parameters[8]);
      cfu::set_bias(parameters[9]);
      cfu::requantize_lane(parameters[10], parameters[11]);
      parameters += stride_words_;
    }
    if (finished != nullptr) *finished = cfu::results();
  }

  const DepthwiseConv2DLayer& layer_;
  const int input_height_;
  const int input_width_;
  const int depth_words_;
  const int filter_height_;
  const int filter_width_;
  const int taps_;
  const int stride_words_;
  const int input_step_;
  const int input_row_step_;
};

}  // namespace

bool depthwise_conv_2d(const DepthwiseConv2DLayer& layer) {
  const DepthwiseConvolution convolution(layer);
  if (!convolution.Fits()) return false;
  convolution.Run();
  return true;
}

}  // namespace playground
