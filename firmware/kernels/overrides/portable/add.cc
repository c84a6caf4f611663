// ADD: both inputs are rescaled by tables of all 256 values, which are made anew for each layer.

#include "playground/add.h"

#include <algorithm>

#include "requantize.h"

namespace playground {
namespace {

using namespace portable;

constexpr int kValues = 256;
constexpr int kFewElements = 512;  // for which tables do not pay

constexpr int kBlock = 64;

int32_t tables[2][kValues];
int32_t addends[kBlock];  // of the first input

// An input's value before both are added.
class Operand {
 public:
  Operand(int32_t offset, int left_shift, int32_t multiplier, int shift)
      : offset_(offset), left_shift_(left_shift), scale_(multiplier, shift) {}

  int32_t operator()(int8_t value) const {
    return scale_((value + offset_) * (int32_t{1} << left_shift_));
  }

  void Tabulate(int32_t* table) const {
    for (int i = 0; i < kValues; ++i) table[i] = (*this)(static_cast<int8_t>(i - kValues / 2));
  }

 private:
  int32_t offset_;
  int left_shift_;
  Rescaling scale_;
};

// Adds a block of at most kBlock elements. The inputs are read one after the other, since they
// often lie so that they want the same lines of the data cache.
[[gnu::noinline]] void AddBlock(const int8_t* first, const int8_t* second, int count,
                                const Reduction scale, const Activation activation,
                                int8_t* output) {
  const int32_t* const first_table = tables[0] + kValues / 2;
  const int32_t* const second_table = tables[1] + kValues / 2;
  const int twos = count & ~1;
  for (int i = 0; i < twos; i += 2) {
    const int a = first[i], b = first[i + 1];
    const int32_t a_value = first_table[a], b_value = first_table[b];
    addends[i] = a_value;
    addends[i + 1] = b_value;
  }
  for (int i = 0; i < twos; i += 2) {
    const int a = second[i], b = second[i + 1];
    const int32_t a_sum = addends[i] + second_table[a], b_sum = addends[i + 1] + second_table[b];
    const int32_t a_scaled = scale(a_sum), b_scaled = scale(b_sum);
    const int8_t a_result = activation(a_scaled);
    output[i + 1] = activation(b_scaled);
    output[i] = a_result;
  }
  if (count % 2 != 0) {
    output[twos] = activation(scale(first_table[first[twos]] + second_table[second[twos]]));
  }
}

}  // namespace

bool add(const AddLayer& layer) {
  const auto& params = layer.params;
  if (layer.requires_broadcast) return false;
  const Operand first(params.input1_offset, params.left_shift, params.input1_multiplier,
                      params.input1_shift);
  const Operand second(params.input2_offset, params.left_shift, params.input2_multiplier,
                       params.input2_shift);
  const Activation activation(params);
  const int count = layer.output_shape.FlatSize();
  // Each addend is less than 2^29, by the shift to the left and a multiplier of at most one.
  const bool reduces = Reduction::Takes(params.output_shift) && params.left_shift <= 20 &&
                       params.input1_shift <= 0 && params.input2_shift <= 0;
  if (count < kFewElements || !reduces) {
    const Rescaling scale(params.output_multiplier, params.output_shift);
    for (int i = 0; i < count; ++i) {
      const int32_t sum = first(layer.input1_data[i]) + second(layer.input2_data[i]);
      layer.output_data[i] = activation(scale(sum));
    }
    return true;
  }
  first.Tabulate(tables[0]);
  second.Tabulate(tables[1]);
  const Reduction scale(params.output_multiplier, params.output_shift);
  for (int begin = 0; begin < count; begin += kBlock) {
    AddBlock(layer.input1_data + begin, layer.input2_data + begin, std::min(kBlock, count - begin),
             scale, activation, layer.output_data + begin);
  }
  return true;
}

}  // namespace playground
