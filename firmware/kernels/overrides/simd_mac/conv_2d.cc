// CONV_2D: the inputs of one output pixel wait in the CFU's buffer while the filters of a block of
// output channels, small enough to stay in the data cache, go past them.

#include "playground/conv_2d.h"

#include <cstring>

#include "simd_mac.h"

namespace playground {
namespace {

using namespace simd_mac;

constexpr int kFilterBlockBytes = 3072;  // three quarters of the data cache
constexpr int kLeastBlock = 4;           // output channels

// Filters whose rows are padded with zeros to whole buffer reads.
alignas(4) int8_t packed_filters[kLeastBlock * kBufferBytes];
alignas(4) int8_t staged_inputs[kBufferBytes];

// Receives a pixel's inputs and writes whole words to the CFU's buffer.
class WordSink {
 public:
  void Copy(const int8_t* source, int bytes) {
    WriteInputs(Words(source), bytes / 4, index_);
    index_ += bytes / 4;
  }
  void Pad(Word padding, int bytes) {
    for (int words = bytes / 4; words > 0; --words) cfu::write_input(index_++, padding);
  }
  void Finish() {}

 private:
  int index_ = 0;
};

// The same for input depths that are no multiple of four, by way of memory.
class ByteSink {
 public:
  void Copy(const int8_t* source, int bytes) {
    for (; bytes > 0; --bytes) *target_++ = *source++;
  }
  void Pad(Word padding, int bytes) {
    for (; bytes > 0; --bytes) *target_++ = static_cast<int8_t>(padding);
  }
  void Finish() {
    const int bytes = static_cast<int>(target_ - staged_inputs);
    WriteInputs(Words(staged_inputs), RoundUp(bytes, 4) / 4, 0);
  }

 private:
  int8_t* target_ = staged_inputs;
};

constexpr int32_t kNoBias = 0;

// What an output channel needs beside its filter; each points at the next channel's.
struct Parameters {
  const int32_t* bias;
  int bias_step;  // 0 when there is no bias
  const int32_t* multiplier;
  const int32_t* shift;
};

class Convolution {
 public:
  explicit Convolution(const Conv2DLayer& layer)
      : layer_(layer),
        input_height_(layer.input_shape.Dims(1)),
        input_width_(layer.input_shape.Dims(2)),
        depth_(layer.input_shape.Dims(3)),
        filter_height_(layer.filter_shape.Dims(1)),
        filter_width_(layer.filter_shape.Dims(2)),
        output_height_(layer.output_shape.Dims(1)),
        output_width_(layer.output_shape.Dims(2)),
        output_depth_(layer.output_shape.Dims(3)),
        row_bytes_(filter_height_ * filter_width_ * depth_),
        padded_row_bytes_(RoundUp(row_bytes_, 8)),
        padding_(static_cast<uint8_t>(-layer.params.input_offset) * 0x01010101u) {}

  bool Fits() const {
    return layer_.filter_shape.Dims(3) == depth_ && padded_row_bytes_ <= kBufferBytes;
  }

  void Run() {
    const auto& params = layer_.params;
    cfu::set_offsets(params.input_offset, params.output_offset);
    cfu::set_activation(params.quantized_activation_min, params.quantized_activation_max);
    const int block = std::max(kLeastBlock, kFilterBlockBytes / padded_row_bytes_ & ~3);
    for (int begin = 0; begin < output_depth_; begin += block) {
      const int end = std::min(begin + block, output_depth_);
      const Word* filters = Filters(begin, end);
      if (depth_ % 4 == 0) {
        RunBlock<WordSink>(filters, begin, end);
      } else {
        RunBlock<ByteSink>(filters, begin, end);
      }
    }
  }

 private:
  const Word* Filters(int begin, int end) const {
    const int8_t* source = layer_.filter_data + begin * row_bytes_;
    if (row_bytes_ == padded_row_bytes_) return Words(source);
    int8_t* target = packed_filters;
    for (int channel = begin; channel < end; ++channel) {
      std::memcpy(target, source, row_bytes_);
      std::memset(target + row_bytes_, 0, padded_row_bytes_ - row_bytes_);
      source += row_bytes_;
      target += padded_row_bytes_;
    }
    return Words(packed_filters);
  }

  template <typename Sink>
  void RunBlock(const Word* filters, int begin, int end) const {
    const auto& params = layer_.params;
    const bool has_bias = layer_.bias_data != nullptr;
    const Parameters parameters = {has_bias ? layer_.bias_data + begin : &kNoBias, has_bias,
                                   layer_.output_multiplier + begin, layer_.output_shift + begin};
    const int words = padded_row_bytes_ / 4;
    const int8_t* image = layer_.input_data;
    int8_t* output = layer_.output_data + begin;
    for (int batch = layer_.input_shape.Dims(0); batch > 0; --batch) {
      for (int y = 0; y < output_height_; ++y) {
        const int input_y = y * params.stride_height - params.padding_values.height;
        for (int x = 0; x < output_width_; ++x) {
          const int input_x = x * params.stride_width - params.padding_values.width;
          LoadPixel<Sink>(image, input_y, input_x);
          ComputePixel(filters, words, parameters, end - begin, output);
          output += output_depth_;
        }
      }
      image += input_height_ * input_width_ * depth_;
    }
  }

  // Puts the inputs under the filter, whose upper left corner is at (top, left), into the buffer.
  template <typename Sink>
  void LoadPixel(const int8_t* image, int top, int left) const {
    const auto& params = layer_.params;
    const int dilation = params.dilation_width_factor;
    Sink sink;
    for (int filter_y = 0; filter_y < filter_height_; ++filter_y) {
      const int y = top + filter_y * params.dilation_height_factor;
      if (y < 0 || y >= input_height_) {
        sink.Pad(padding_, filter_width_ * depth_);
        continue;
      }
      const int8_t* row = image + y * input_width_ * depth_;
      if (dilation == 1) {
        const int first = std::clamp(-left, 0, filter_width_);
        const int last = std::clamp(input_width_ - left, first, filter_width_);
        sink.Pad(padding_, first * depth_);
        sink.Copy(row + (left + first) * depth_, (last - first) * depth_);
        sink.Pad(padding_, (filter_width_ - last) * depth_);
        continue;
      }
      for (int x = left; x < left + filter_width_ * dilation; x += dilation) {
        if (x >= 0 && x < input_width_) {
          sink.Copy(row + x * depth_, depth_);
        } else {
          sink.Pad(padding_, depth_);
        }
      }
    }
    sink.Finish();
  }

  // Computes `count` output channels of the pixel in the buffer, from parameters and filters that
  // begin with the first of them.
  static void ComputePixel(const Word* filter, int words, const Parameters& parameters, int count,
                           int8_t* output) {
    const int32_t* next_bias = parameters.bias;
    const int32_t* next_multiplier = parameters.multiplier;
    const int32_t* next_shift = parameters.shift;
    const int bias_step = parameters.bias_step;
    int8_t* const end_of_fours = output + count / 4 * 4;
    int8_t* finished = output;
    // Outputs are fetched when the next ones are under way, since requantization takes its time.
    const auto compute = [&](bool fetches) __attribute__((always_inline)) {
      const int32_t bias = *next_bias, multiplier = *next_multiplier++, shift = *next_shift++;
      next_bias += bias_step;
      filter = Accumulate(filter, words, bias);
      if (fetches) {
        StoreResults(finished, 4);
        finished += 4;
      }
      cfu::requantize(multiplier, shift);
    };
    for (; output != end_of_fours; output += 4) {
      compute(output != finished);
      compute(false);
      compute(false);
      compute(false);
    }
    if (output != finished) StoreResults(finished, 4);
    for (int rest = count % 4; rest > 0; --rest, ++output) {
      compute(false);
      StoreResults(output, 1);
    }
  }

  const Conv2DLayer& layer_;
  const int input_height_;
  const int input_width_;
  const int depth_;
  const int filter_height_;
  const int filter_width_;
  const int output_height_;
  const int output_width_;
  const int output_depth_;
  const int row_bytes_;
  const int padded_row_bytes_;
  const Word padding_;
};

}  // namespace

bool conv_2d(const Conv2DLayer& layer) {
  Convolution convolution(layer);
  if (!convolution.Fits()) return false;
  convolution.Run();
  return true;
}

}  // namespace playground
