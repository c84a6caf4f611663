// The inputs under a convolution's filter, side by side in memory.

#ifndef FIRMWARE_KERNELS_OVERRIDES_MAC4_WINDOW_H_
#define FIRMWARE_KERNELS_OVERRIDES_MAC4_WINDOW_H_

#include <algorithm>
#include <cstdint>

#include "mac4.h"

namespace playground::mac4 {

// Copies bytes, by words where both ends are aligned.
inline void CopyBytes(int8_t* target, const int8_t* source, int bytes) {
  const auto both = reinterpret_cast<uintptr_t>(target) | reinterpret_cast<uintptr_t>(source);
  if (both % 4 == 0) {
    for (; bytes >= 4; bytes -= 4, target += 4, source += 4) {
      *reinterpret_cast<Word*>(target) = *Words(source);
    }
  }
  for (; bytes > 0; --bytes) *target++ = *source++;
}

// Copies the inputs of one output at a time: filter row by filter row, all channels of a tap
// together, as filters are in memory. What is outside of the image becomes the input's zero point,
// which counts for nothing.
class Window {
 public:
  template <typename Layer>
  explicit Window(const Layer& layer)
      : height_(layer.input_shape.Dims(1)),
        width_(layer.input_shape.Dims(2)),
        depth_(layer.input_shape.Dims(3)),
        filter_height_(layer.filter_shape.Dims(1)),
        filter_width_(layer.filter_shape.Dims(2)),
        stride_y_(layer.params.stride_height),
        stride_x_(layer.params.stride_width),
        dilation_y_(layer.params.dilation_height_factor),
        dilation_x_(layer.params.dilation_width_factor),
        padding_y_(layer.params.padding_values.height),
        padding_x_(layer.params.padding_values.width),
        zero_(static_cast<int8_t>(-layer.params.input_offset)) {}

  int bytes() const { return filter_height_ * filter_width_ * depth_; }
  int image_bytes() const { return height_ * width_ * depth_; }

  // Whether an output's inputs are side by side in the image already, at At().
  bool IsPixel() const {
    return filter_height_ == 1 && filter_width_ == 1 && padding_y_ == 0 && padding_x_ == 0;
  }
  const int8_t* At(const int8_t* image, int y, int x) const {
    return image + (y * stride_y_ * width_ + x * stride_x_) * depth_;
  }

  // Copies the inputs of the output at (y, x).
  void Copy(const int8_t* image, int y, int x, int8_t* target) const {
    const int left = x * stride_x_ - padding_x_;
    for (int row = 0; row < filter_height_; ++row) {
      const int input_y = y * stride_y_ - padding_y_ + row * dilation_y_;
      const int8_t* const line = image + input_y * width_ * depth_;
      const bool is_inside = input_y >= 0 && input_y < height_;
      if (is_inside && dilation_x_ == 1 && left >= 0 && left + filter_width_ <= width_) {
        CopyBytes(target, line + left * depth_, filter_width_ * depth_);
        target += filter_width_ * depth_;
        continue;
      }
      for (int tap = 0; tap < filter_width_; ++tap, target += depth_) {
        const int input_x = left + tap * dilation_x_;
        if (is_inside && input_x >= 0 && input_x < width_) {
          CopyBytes(target, line + input_x * depth_, depth_);
        } else {
          std::fill_n(target, depth_, zero_);
        }
      }
    }
  }

 private:
  const int height_;
  const int width_;
  const int depth_;
  const int filter_height_;
  const int filter_width_;
  const int stride_y_;
  const int stride_x_;
  const int dilation_y_;
  const int dilation_x_;
  const int padding_y_;
  const int padding_x_;
  const int8_t zero_;
};

}  // namespace playground::mac4

#endif  // FIRMWARE_KERNELS_OVERRIDES_MAC4_WINDOW_H_
