// CONV_2D: each output is one row of filters times the inputs under it. Filters go in blocks that
// stay in the data cache while the whole image passes.

#include "playground/conv_2d.h"

#include <algorithm>

#include "mac4.h"
#include "window.h"

namespace playground {
namespace {

using namespace mac4;

constexpr int kMostBytes = 4096;         // of the inputs of one output
constexpr int kFilterBlockBytes = 3072;  // three quarters of the data cache

alignas(4) int8_t window_bytes[kMostBytes];
alignas(4) int8_t packed_filters[kMostBytes];
int32_t sums[kFilterBlockBytes / 4];

class Convolution {
 public:
  explicit Convolution(const Conv2DLayer& layer)
      : layer_(layer),
        window_(layer),
        requantization_(Requantization::Of(layer)),
        row_bytes_(window_.bytes()),
        padded_row_bytes_(RoundUp(row_bytes_, 4)),
        output_depth_(layer.output_shape.Dims(3)) {}

  bool Fits() const {
    const bool is_grouped = layer_.filter_shape.Dims(3) != layer_.input_shape.Dims(3);
    return !is_grouped && padded_row_bytes_ <= kMostBytes;
  }

  void Run() const {
    cfu::set_input_offset(layer_.params.input_offset);
    const int block = std::max(1, kFilterBlockBytes / padded_row_bytes_);
    for (int begin = 0; begin < output_depth_; begin += block) {
      RunBlock(begin, std::min(block, output_depth_ - begin));
    }
  }

 private:
  // Computes `count` output channels from `begin` on.
  void RunBlock(int begin, int count) const {
    const Word* const filters = Filters(begin, count);
    const int32_t* const bias = layer_.bias_data != nullptr ? layer_.bias_data + begin : nullptr;
    const int8_t* image = layer_.input_data;
    int8_t* output = layer_.output_data + begin;
    for (int batch = layer_.input_shape.Dims(0); batch > 0; --batch) {
      for (int y = 0; y < layer_.output_shape.Dims(1); ++y) {
        for (int x = 0; x < layer_.output_shape.Dims(2); ++x, output += output_depth_) {
          Dots(filters, Inputs(image, y, x), padded_row_bytes_ / 4, bias, count, sums);
          requantization_.Run(sums, begin, count, output);
        }
      }
      image += window_.image_bytes();
    }
  }

  // Rows of filters that begin at words; a rest is filled up with zeros.
  const Word* Filters(int begin, int count) const {
    const int8_t* source = layer_.filter_data + begin * row_bytes_;
    if (row_bytes_ == padded_row_bytes_) return Words(source);
    int8_t* target = packed_filters;
    for (; count > 0; --count) {
      CopyBytes(target, source, row_bytes_);
      std::fill(target + row_bytes_, target + padded_row_bytes_, 0);
      source += row_bytes_;
      target += padded_row_bytes_;
    }
    return Words(packed_filters);
  }

  // The inputs of the output at (y, x). What comes after them meets filters of zero.
  const Word* Inputs(const int8_t* image, int y, int x) const {
    if (window_.IsPixel() && row_bytes_ == padded_row_bytes_) {
      return Words(window_.At(image, y, x));
    }
    window_.Copy(image, y, x, window_bytes);
    return Words(window_bytes);
  }

  const Conv2DLayer& layer_;
  const Window window_;
  const Requantization requantization_;
  const int row_bytes_;
  const int padded_row_bytes_;
  const int output_depth_;
};

}  // namespace

bool conv_2d(const Conv2DLayer& layer) {
  const Convolution convolution(layer);
  if (!convolution.Fits()) return false;
  convolution.Run();
  return true;
}

}  // namespace playground
