// Applies the fixed-point functions to numbers from standard input.
//
// Input: any number of records of four int32: function, a, b, an exponent. Output: one int32 each.
// Numbers of functions must match those in test_fixedpoint.py.

#include <cstdint>
#include <cstdio>

#include "fixedpoint/fixedpoint.h"

namespace {

template <typename Raw, int IntegerBits>
gemmlowp::FixedPoint<Raw, IntegerBits> Fixed(int32_t raw) {
  return gemmlowp::FixedPoint<Raw, IntegerBits>::FromRaw(static_cast<Raw>(raw));
}

template <typename Raw>
int32_t Apply(int32_t function, int32_t a, int32_t b, int32_t exponent) {
  const Raw x = static_cast<Raw>(a);
  const Raw y = static_cast<Raw>(b);
  switch (function) {
    case 0:
      return gemmlowp::SaturatingRoundingDoublingHighMul(x, y);
    case 1:
      return gemmlowp::RoundingDivideByPOT(x, exponent);
    case 2:
      return gemmlowp::RoundingHalfSum(x, y);
    case 3:
      return gemmlowp::SaturatingRoundingMultiplyByPOT<3>(x);
    case 4:
      return gemmlowp::SaturatingRoundingMultiplyByPOT<-3>(x);
    case 5:
      return gemmlowp::Rescale<1>(Fixed<Raw, 4>(a)).raw();
    case 6:
      return gemmlowp::Rescale<7>(Fixed<Raw, 4>(a)).raw();
    case 7:
      return gemmlowp::exp_on_interval_between_negative_one_quarter_and_0_excl(Fixed<Raw, 0>(a))
          .raw();
    case 8:
      return gemmlowp::exp_on_negative_values(Fixed<Raw, 0>(a)).raw();
    case 9:
      return gemmlowp::exp_on_negative_values(Fixed<Raw, 5>(a)).raw();
    case 10:
      return gemmlowp::exp_on_negative_values(Fixed<Raw, 8>(a)).raw();
    case 11:
      return gemmlowp::one_over_one_plus_x_for_x_in_0_1(Fixed<Raw, 0>(a)).raw();
    case 12:
      return gemmlowp::one_minus_x_over_one_plus_x_for_x_in_0_1(Fixed<Raw, 0>(a)).raw();
    case 13:
      return gemmlowp::logistic(Fixed<Raw, 4>(a)).raw();
    case 14:
      return gemmlowp::tanh(Fixed<Raw, 4>(a)).raw();
    case 15:
      return gemmlowp::SelectUsingMask(gemmlowp::MaskIfLessThan(x, y), x, y);
    default:
      return 0;
  }
}

}  // namespace

int main() {
  int32_t record[4];
  while (std::fread(record, sizeof(record), 1, stdin) == 1) {
    const bool is_16_bit = record[0] >= 100;
    const int32_t function = record[0] % 100;
    const int32_t result = is_16_bit ? Apply<int16_t>(function, record[1], record[2], record[3])
                                     : Apply<int32_t>(function, record[1], record[2], record[3]);
    std::fwrite(&result, sizeof(result), 1, stdout);
  }
  return 0;
}
