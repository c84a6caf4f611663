// DEPTHWISE_CONV_2D: the CFU adds up four neighbouring products, and here neighbours are channels
// that must not be added. So each filter gets a word of its own, with zeros in the other channels'
// places: a quarter of the multipliers is used, and still no byte has to be taken out of a word.

#include "playground/depthwise_conv_2d.h"

#include <algorithm>

#include "mac4.h"
#include "window.h"

namespace playground {
namespace {

using namespace mac4;

constexpr int kMostBytes = 4096;   // of the inputs under the filter
constexpr int kFilterWords = 768;  // three quarters of the data cache

alignas(4) int8_t window_bytes[kMostBytes];
Word filters[kFilterWords];  // for each channel of a block, a word for each tap
int32_t sums[kFilterWords];

// Computes a sum for each of `count` channels, a multiple of four. The inputs of four channels are
// kTaps words (or `taps`, if kTaps is 0), `step` words apart; those of the next four follow.
template <int kTaps>
[[gnu::noinline]] void ChannelDots(const Word* filter, const Word* input, int step, int taps,
                                   const int32_t* bias, int count, int32_t* sum) {
  if constexpr (kTaps != 0) {
    for (int32_t* const end = sum + count; sum != end; ++input) {
      Word inputs[kTaps];
      for (int tap = 0; tap < kTaps; ++tap) inputs[tap] = input[tap * step];
      for (int lane = 0; lane < 4; ++lane, filter += kTaps) {
        Word weights[kTaps];
        for (int tap = 0; tap < kTaps; ++tap) weights[tap] = filter[tap];
        cfu::start(bias != nullptr ? *bias++ : 0);
        for (int tap = 0; tap < kTaps; ++tap) cfu::mac(weights[tap], inputs[tap]);
        *sum++ = static_cast<int32_t>(cfu::sum());
      }
    }
  } else {
    for (int channel = 0; channel < count; ++channel) {
      const Word* next = input + channel / 4;
      cfu::start(bias != nullptr ? *bias++ : 0);
      for (int tap = 0; tap < taps; ++tap, next += step) cfu::mac(*filter++, *next);
      *sum++ = static_cast<int32_t>(cfu::sum());
    }
  }
}

class DepthwiseConvolution {
 public:
  explicit DepthwiseConvolution(const DepthwiseConv2DLayer& layer)
      : layer_(layer),
        window_(layer),
        requantization_(Requantization::Of(layer)),
        depth_(layer.input_shape.Dims(3)),
        taps_(window_.bytes() / depth_) {}

  bool Fits() const {
    return layer_.params.depth_multiplier == 1 && depth_ % 4 == 0 &&
           window_.bytes() <= kMostBytes && 4 * taps_ <= kFilterWords;
  }

  void Run() const {
    cfu::set_input_offset(layer_.params.input_offset);
    const int block = kFilterWords / taps_ & ~3;
    for (int begin = 0; begin < depth_; begin += block) {
      const int count = std::min(block, depth_ - begin);
      PrepareFilters(begin, count);
      if (taps_ == 9) {
        RunBlock<9>(begin, count);
      } else {
        RunBlock<0>(begin, count);
      }
    }
  }

 private:
  void PrepareFilters(int begin, int count) const {
    Word* target = filters;
    for (int channel = begin; channel < begin + count; ++channel) {
      const int8_t* source = layer_.filter_data + channel;
      for (int tap = 0; tap < taps_; ++tap, source += depth_) {
        *target++ = static_cast<Word>(static_cast<uint8_t>(*source)) << 8 * (channel % 4);
      }
    }
  }

  template <int kTaps>
  void RunBlock(int begin, int count) const {
    const int32_t* const bias = layer_.bias_data != nullptr ? layer_.bias_data + begin : nullptr;
    const Word* const inputs = Words(window_bytes + begin);
    const int8_t* image = layer_.input_data;
    int8_t* output = layer_.output_data + begin;
    for (int batch = layer_.input_shape.Dims(0); batch > 0; --batch) {
      for (int y = 0; y < layer_.output_shape.Dims(1); ++y) {
        for (int x = 0; x < layer_.output_shape.Dims(2); ++x, output += depth_) {
          window_.Copy(image, y, x, window_bytes);
          ChannelDots<kTaps>(filters, inputs, depth_ / 4, taps_, bias, count, sums);
          requantization_.Run(sums, begin, count, output);
        }
      }
      image += window_.image_bytes();
    }
  }

  const DepthwiseConv2DLayer& layer_;
  const Window window_;
  const Requantization requantization_;
  const int depth_;
  const int taps_;
};

}  // namespace

bool depthwise_conv_2d(const DepthwiseConv2DLayer& layer) {
  const DepthwiseConvolution convolution(layer);
  if (!convolution.Fits()) return false;
  convolution.Run();
  return true;
}

}  // namespace playground
