// DEPTHWISE_CONV_2D: a channel at a time. Windows of 3x3 move along rows with their inputs and
// weights in registers, over as many rows as the data cache holds; other windows are read anew.

#include "playground/depthwise_conv_2d.h"

#include <algorithm>

#include "requantize.h"

namespace playground {
namespace {

using namespace portable;

constexpr int kBandBytes = 4 << 10;  // as much as the data cache

// What turns sums into outputs.
template <typename Scale>
struct Finish {
  int32_t bias;
  Scale scale;
  Activation activation;

  [[gnu::always_inline]] int8_t operator()(int32_t sum) const { return activation(scale(sum)); }
};

// The weights of a 3x3 window, a column after the other.
struct Weights {
  int8_t of[3][3];

  int32_t Sum(int column) const { return of[column][0] + of[column][1] + of[column][2]; }
  int32_t Sum() const { return Sum(0) + Sum(1) + Sum(2); }
};

// What a channel needs, together, so that it takes few lines of the data cache.
struct Channel {
  Weights weights;
  int32_t bias;
  int32_t multiplier;
  int32_t shift;
};

constexpr int kBlockChannels = 128;

Channel packed[kBlockChannels];

// Rows of windows of one channel, each over three rows of the input. At most the first column of
// the first window and the last column of later ones are missing.
struct Rows {
  const int8_t* input;  // of the first row's first column
  int input_row;        // from a row to the next one
  int input_step;       // from a column to the next one
  int8_t* output;
  int output_row;
  int output_step;
  int count;
  int width;        // windows in a row
  int whole;        // of which the last column is there
  bool has_left;    // whether the first column is there
  int32_t padding;  // what counts as an input where there is none
};

// A window's sum is built from left to right, and each column that is read serves all the windows
// it is in, so that only what is not yet complete is kept. Windows are kStride columns apart.
template <int kStride, typename Scale>
[[gnu::noinline]] void RunRows(const Rows& rows, const Weights& w, int input_rows,
                               const Finish<Scale>& finish) {
  const int32_t bias = finish.bias;
  const Scale scale = finish.scale;
  const Activation activation = finish.activation;
  const int32_t a0 = w.of[0][0], a1 = w.of[0][1], a2 = w.of[0][2];
  const int32_t b0 = w.of[1][0], b1 = w.of[1][1], b2 = w.of[1][2];
  const int32_t c0 = w.of[2][0], c1 = w.of[2][1], c2 = w.of[2][2];
  const int row = rows.input_row, step = rows.input_step, output_step = rows.output_step;
  const int8_t* input_start = rows.input;
  int8_t* output_start = rows.output;
  for (int count = rows.count; count > 0; --count) {
    const int8_t* input = input_start;
    int8_t* output = output_start;
    const auto a = [&] { return input[0] * a0 + input[row] * a1 + input[2 * row] * a2; };
    const auto b = [&] { return input[0] * b0 + input[row] * b1 + input[2 * row] * b2; };
    // The sum of the window that is complete next, and of the one after it.
    int32_t sum = bias, next = bias;
    if (rows.has_left) {
      sum += a();
      input += step;
    } else {
      sum += rows.padding * w.Sum(0);
    }
    if constexpr (kStride == 1) {
      sum += b();
      next += a();
      input += step;
    }
    for (int rest = rows.whole; rest > 0; --rest) {
      if constexpr (kStride == 2) {
        sum += b();
        input += step;
      }
      const int8_t* const second = input + row;
      const int32_t x0 = input[0], x1 = second[0], x2 = second[row];
      input += step;
      sum += x0 * c0 + x1 * c1 + x2 * c2;
      const int32_t first = bias + x0 * a0 + x1 * a1 + x2 * a2;
      const int32_t scaled = scale(sum);
      if constexpr (kStride == 1) {
        sum = next + x0 * b0 + x1 * b1 + x2 * b2;
        next = first;
      } else {
        sum = first;
      }
      *output = activation(scaled);
      output += output_step;
    }
    if (rows.whole < rows.width) {
      if constexpr (kStride == 2) sum += b();
      *output = activation(scale(sum + rows.padding * w.Sum(2)));
    }
    input_start += input_rows * row;
    output_start += rows.output_row;
  }
}

class DepthwiseConvolution {
 public:
  explicit DepthwiseConvolution(const DepthwiseConv2DLayer& layer)
      : layer_(layer),
        input_height_(layer.input_shape.Dims(1)),
        input_width_(layer.input_shape.Dims(2)),
        depth_(layer.input_shape.Dims(3)),
        filter_height_(layer.filter_shape.Dims(1)),
        filter_width_(layer.filter_shape.Dims(2)),
        output_height_(layer.output_shape.Dims(1)),
        output_width_(layer.output_shape.Dims(2)),
        channels_(layer.output_shape.Dims(3)),
        stride_height_(layer.params.stride_height),
        stride_width_(layer.params.stride_width),
        padding_height_(layer.params.padding_values.height),
        padding_width_(layer.params.padding_values.width) {}

  void Run() const {
    const int taps = filter_height_ * filter_width_;
    if (AllReduce(layer_.output_shift, layer_.bias_data, channels_, taps)) {
      RunWith<Reduction>();
    } else {
      RunWith<Rescaling>();
    }
  }

 private:
  template <typename Scale>
  void RunWith() const {
    const auto& params = layer_.params;
    // The rows that a band of outputs looks at stay in the cache while channels go past.
    const int rows = kBandBytes / (input_width_ * depth_);
    const int band = std::max(1, (rows - filter_height_) / stride_height_ + 1);
    const bool is_small = IsSmall();
    const Activation activation(params);
    for (int first = 0; first < channels_; first += kBlockChannels) {
      const int count = std::min(kBlockChannels, channels_ - first);
      Pack(first, count, is_small);
      const int8_t* image = layer_.input_data;
      int8_t* output = layer_.output_data + first;
      for (int batch = layer_.input_shape.Dims(0); batch > 0; --batch) {
        for (int y = 0; y < output_height_; y += band) {
          const int end = std::min(y + band, output_height_);
          for (int i = 0; i < count; ++i) {
            const Channel& channel = packed[i];
            const int8_t* input = image + (first + i) / params.depth_multiplier;
            const Scale scale(channel.multiplier, channel.shift);
            if (!is_small) {
              const Finish<Scale> finish = {channel.bias, scale, activation};
              RunAny(input, layer_.filter_data + first + i, y, end, finish, output + i);
            } else if (stride_width_ == 1) {
              RunBand<1>(input, channel, y, end, scale, activation, output + i);
            } else {
              RunBand<2>(input, channel, y, end, scale, activation, output + i);
            }
          }
        }
        image += input_height_ * input_width_ * depth_;
        output += output_height_ * output_width_ * channels_;
      }
    }
  }

  void Pack(int first, int count, bool is_small) const {
    for (int i = 0; i < count; ++i) {
      Channel& channel = packed[i];
      channel.bias = layer_.bias_data != nullptr ? layer_.bias_data[first + i] : 0;
      channel.multiplier = layer_.output_multiplier[first + i];
      channel.shift = layer_.output_shift[first + i];
      if (!is_small) continue;
      const int8_t* filter = layer_.filter_data + first + i;
      for (int v = 0; v < 3; ++v) {
        for (int u = 0; u < 3; ++u, filter += channels_) channel.weights.of[u][v] = *filter;
      }
      channel.bias += layer_.params.input_offset * channel.weights.Sum();
    }
  }

  // Whether RunRows takes the layer.
  bool IsSmall() const {
    const auto& params = layer_.params;
    const int last_middle = (output_width_ - 1) * stride_width_ - padding_width_ + 1;
    const int last_row = (output_height_ - 1) * stride_height_ - padding_height_;
    return filter_height_ == 3 && filter_width_ == 3 && stride_width_ <= 2 &&
           params.dilation_height_factor == 1 && params.dilation_width_factor == 1 &&
           padding_height_ <= 1 && padding_width_ <= 1 && input_height_ >= 3 && input_width_ >= 3 &&
           last_middle < input_width_ && last_row <= input_height_ - 2;
  }

  // Rows `y` to `end` of a channel with a window of 3x3.
  template <int kStride, typename Scale>
  void RunBand(const int8_t* input, const Channel& channel, int y, int end, Scale scale,
               Activation activation, int8_t* output) const {
    const int32_t offset = layer_.params.input_offset;
    // How many windows' last columns are in the image.
    const int whole =
        std::min(output_width_, (input_width_ - 3 + padding_width_) / stride_width_ + 1);
    Rows rows;
    rows.input_row = input_width_ * depth_;
    rows.input_step = depth_;
    rows.output_row = output_width_ * channels_;
    rows.output_step = channels_;
    rows.width = output_width_;
    rows.whole = whole;
    rows.has_left = padding_width_ == 0;
    rows.padding = -offset;
    while (y < end) {
      const int top = y * stride_height_ - padding_height_;
      const int first = std::clamp(top, 0, input_height_ - 3);
      const int shift = first - top;  // of the input's rows within the window: -1, 0 or 1
      rows.input = input + first * rows.input_row;
      rows.output = output + y * rows.output_row;
      if (shift == 0) {
        rows.count = std::min(end - y, (input_height_ - 3 - top) / stride_height_ + 1);
        RunRows<kStride, Scale>(rows, channel.weights, stride_height_,
                                {channel.bias, scale, activation});
      } else {
        // Rows of the window that are missing count nothing, as does the input's other one.
        rows.count = 1;
        Weights some = {};
        for (int u = 0; u < 3; ++u) {
          for (int v = std::max(0, -shift); v < std::min(3, 3 - shift); ++v) {
            some.of[u][v] = channel.weights.of[u][v + shift];
          }
        }
        const int32_t bias = channel.bias + offset * (some.Sum() - channel.weights.Sum());
        RunRows<kStride, Scale>(rows, some, stride_height_, {bias, scale, activation});
      }
      y += rows.count;
    }
  }

  // The taps of a window, along one dimension, that are over the image.
  struct Overlap {
    Overlap(int begin, int dilation, int taps, int size) : first(0), last(taps) {
      while (first < taps && begin + first * dilation < 0) ++first;
      while (last > first && begin + (last - 1) * dilation >= size) --last;
    }

    int first;
    int last;
  };

  // Rows `y` to `end` of a channel with any window.
  template <typename Scale>
  [[gnu::noinline]] void RunAny(const int8_t* input, const int8_t* weights, int y, int end,
                                const Finish<Scale>& finish, int8_t* output) const {
    const auto& params = layer_.params;
    const int row_step = params.dilation_height_factor * input_width_ * depth_;
    const int step = params.dilation_width_factor * depth_;
    output += y * output_width_ * channels_;
    for (; y < end; ++y) {
      const int top = y * stride_height_ - padding_height_;
      const Overlap rows(top, params.dilation_height_factor, filter_height_, input_height_);
      for (int x = 0; x < output_width_; ++x, output += channels_) {
        const int left = x * stride_width_ - padding_width_;
        const Overlap columns(left, params.dilation_width_factor, filter_width_, input_width_);
        int32_t sum = finish.bias;
        for (int v = rows.first; v < rows.last; ++v) {
          const int8_t* filter = weights + (v * filter_width_ + columns.first) * channels_;
          const int8_t* value =
              input + (top * input_width_ + left) * depth_ + v * row_step + columns.first * step;
          for (int u = columns.first; u < columns.last; ++u, value += step, filter += channels_) {
            sum += (*value + params.input_offset) * *filter;
          }
        }
        *output = finish(sum);
      }
    }
  }

  const DepthwiseConv2DLayer& layer_;
  const int input_height_;
  const int input_width_;
  const int depth_;
  const int filter_height_;
  const int filter_width_;
  const int output_height_;
  const int output_width_;
  const int channels_;
  const int stride_height_;
  const int stride_width_;
  const int padding_height_;
  const int padding_width_;
};

}  // namespace

bool depthwise_conv_2d(const DepthwiseConv2DLayer& layer) {
  DepthwiseConvolution(layer).Run();
  return true;
}

}  // namespace playground
