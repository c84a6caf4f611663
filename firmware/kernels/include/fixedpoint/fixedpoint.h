// Fixed-point arithmetic under the names TensorFlow Lite Micro's kernels expect of gemmlowp.
//
// TFLM includes gemmlowp's `fixedpoint/fixedpoint.h`, which no package of TFLM's headers carries.
// This is an independent implementation of the scalar part of that interface, written from the
// functions' mathematics; tests compare it, bit for bit, with an integer model and with TFLM.
//
// A number is a raw two's complement integer together with the count of bits left of its binary
// point: FixedPoint<int32_t, 5> holds raw / 2^26 and covers [-32, 32). Sums wrap, products round
// to nearest (ties toward plus infinity) and saturate.

#ifndef FIRMWARE_KERNELS_INCLUDE_FIXEDPOINT_FIXEDPOINT_H_
#define FIRMWARE_KERNELS_INCLUDE_FIXEDPOINT_FIXEDPOINT_H_

#include <cstdint>
#include <limits>

#include "fixedpoint/raw_integers.h"

namespace gemmlowp {

// ---- Numbers ------------------------------------------------------------------------------------

template <typename Raw, int IntegerBits>
class FixedPoint {
 public:
  using RawType = Raw;
  using ScalarRawType = typename FixedPointRawTypeTraits<Raw>::ScalarRawType;

  static constexpr int kTotalBits = internal::kBits<Raw>;
  static constexpr int kIntegerBits = IntegerBits;
  static constexpr int kFractionalBits = kTotalBits - 1 - kIntegerBits;
  static_assert(kIntegerBits >= 0 && kIntegerBits < kTotalBits, "the binary point is outside");

  static constexpr ScalarRawType ScalarRawMin() { return std::numeric_limits<Raw>::min(); }
  static constexpr ScalarRawType ScalarRawMax() { return std::numeric_limits<Raw>::max(); }
  static constexpr RawType RawMin() { return ScalarRawMin(); }
  static constexpr RawType RawMax() { return ScalarRawMax(); }

  static constexpr FixedPoint FromRaw(Raw raw) {
    FixedPoint result;
    result.raw_ = raw;
    return result;
  }
  static constexpr FixedPoint FromScalarRaw(ScalarRawType raw) { return FromRaw(raw); }
  static constexpr FixedPoint Zero() { return FromRaw(0); }

  template <int Exponent>
  static constexpr FixedPoint ConstantPOT() {
    static_assert(kFractionalBits + Exponent >= 0 && kFractionalBits + Exponent < kTotalBits - 1,
                  "not representable");
    return FromRaw(static_cast<Raw>(Raw{1} << (kFractionalBits + Exponent)));
  }

  // One, or the value closest to it when there are no integer bits.
  static constexpr FixedPoint One() {
    if constexpr (kIntegerBits == 0) {
      return FromRaw(RawMax());
    } else {
      return ConstantPOT<0>();
    }
  }

  constexpr Raw raw() const { return raw_; }
  constexpr Raw& raw() { return raw_; }

 private:
  Raw raw_ = 0;
};

// The raw value is used as it is; the real one is for the reader.
#define GEMMLOWP_CHECKED_FIXEDPOINT_CONSTANT(FixedPointType, raw_value, real_value) \
  (FixedPointType::FromScalarRaw(raw_value))

template <typename Raw, int A, int B>
FixedPoint<Raw, A + B> operator*(FixedPoint<Raw, A> a, FixedPoint<Raw, B> b) {
  return FixedPoint<Raw, A + B>::FromRaw(SaturatingRoundingDoublingHighMul(a.raw(), b.raw()));
}

template <typename Raw, int I>
FixedPoint<Raw, I> operator+(FixedPoint<Raw, I> a, FixedPoint<Raw, I> b) {
  return FixedPoint<Raw, I>::FromRaw(Add(a.raw(), b.raw()));
}

template <typename Raw, int I>
FixedPoint<Raw, I> operator-(FixedPoint<Raw, I> a, FixedPoint<Raw, I> b) {
  return FixedPoint<Raw, I>::FromRaw(Sub(a.raw(), b.raw()));
}

template <typename Raw, int I>
FixedPoint<Raw, I> operator-(FixedPoint<Raw, I> a) {
  return FixedPoint<Raw, I>::FromRaw(Neg(a.raw()));
}

template <typename Raw, int I>
FixedPoint<Raw, I> operator&(FixedPoint<Raw, I> a, FixedPoint<Raw, I> b) {
  return FixedPoint<Raw, I>::FromRaw(BitAnd(a.raw(), b.raw()));
}

template <typename Raw, int I>
bool operator==(FixedPoint<Raw, I> a, FixedPoint<Raw, I> b) {
  return a.raw() == b.raw();
}

template <typename Raw, int I>
bool operator!=(FixedPoint<Raw, I> a, FixedPoint<Raw, I> b) {
  return a.raw() != b.raw();
}

template <typename Raw, int I>
FixedPoint<Raw, I> SaturatingAdd(FixedPoint<Raw, I> a, FixedPoint<Raw, I> b) {
  return FixedPoint<Raw, I>::FromRaw(SaturatingAdd(a.raw(), b.raw()));
}

template <typename Raw, int I>
FixedPoint<Raw, I> AddSaturatingIf16Bit(FixedPoint<Raw, I> a, FixedPoint<Raw, I> b) {
  return FixedPoint<Raw, I>::FromRaw(AddSaturatingIf16Bit(a.raw(), b.raw()));
}

template <typename Raw, int I>
FixedPoint<Raw, I> RoundingHalfSum(FixedPoint<Raw, I> a, FixedPoint<Raw, I> b) {
  return FixedPoint<Raw, I>::FromRaw(RoundingHalfSum(a.raw(), b.raw()));
}

template <typename Raw, int I>
FixedPoint<Raw, I> SelectUsingMask(Raw mask, FixedPoint<Raw, I> then_value,
                                   FixedPoint<Raw, I> else_value) {
  return FixedPoint<Raw, I>::FromRaw(SelectUsingMask(mask, then_value.raw(), else_value.raw()));
}

template <int Exponent, typename Raw, int I>
FixedPoint<Raw, I> SaturatingRoundingMultiplyByPOT(FixedPoint<Raw, I> a) {
  return FixedPoint<Raw, I>::FromRaw(SaturatingRoundingMultiplyByPOT<Exponent>(a.raw()));
}

// The same value with another binary point: saturates when that loses integer bits, rounds when it
// loses fractional ones.
template <int ResultIntegerBits, typename Raw, int I>
FixedPoint<Raw, ResultIntegerBits> Rescale(FixedPoint<Raw, I> x) {
  return FixedPoint<Raw, ResultIntegerBits>::FromRaw(
      SaturatingRoundingMultiplyByPOT<I - ResultIntegerBits>(x.raw()));
}

// x * 2^Exponent, exactly: the raw value stays and the binary point moves.
template <int Exponent, typename Raw, int I>
FixedPoint<Raw, I + Exponent> ExactMulByPot(FixedPoint<Raw, I> x) {
  return FixedPoint<Raw, I + Exponent>::FromRaw(x.raw());
}

// ---- Functions ----------------------------------------------------------------------------------

// exp(x) for -1/4 <= x < 0, by its Taylor polynomial of degree four around -1/8.
template <typename Raw>
FixedPoint<Raw, 0> exp_on_interval_between_negative_one_quarter_and_0_excl(FixedPoint<Raw, 0> x) {
  using F0 = FixedPoint<Raw, 0>;
  const F0 exp_of_center = F0::FromRaw(internal::FromQ31<Raw>(1895147668));  // exp(-1/8)
  const F0 third = F0::FromRaw(internal::FromQ31<Raw>(715827883));
  const F0 t = x + F0::template ConstantPOT<-3>();
  const F0 t2 = t * t;
  const F0 t3 = t2 * t;
  const F0 quarter_t4 = SaturatingRoundingMultiplyByPOT<-2>(t2 * t2);
  // t^2/2 + t^3/6 + t^4/24 = ((t^4/4 + t^3)/3 + t^2)/2
  const F0 tail = SaturatingRoundingMultiplyByPOT<-1>((quarter_t4 + t3) * third + t2);
  return AddSaturatingIf16Bit(exp_of_center, exp_of_center * (t + tail));
}

namespace internal {

constexpr int kSmallestExpStep = -2;

// exp(-2^k) for k from -2 up, in Q0.31.
constexpr std::int32_t kExpSteps[] = {1672461947, 1302514674, 790015084, 290630308,
                                      39332535,   720401,     242};

// Multiplies `value` by exp(-2^(kSmallestExpStep + Step)), ... for each such bit set in `distance`.
template <int Step, typename Raw, int IntegerBits>
FixedPoint<Raw, 0> ApplyExpSteps(FixedPoint<Raw, 0> value, FixedPoint<Raw, IntegerBits> distance) {
  constexpr int kStepCount = static_cast<int>(sizeof(kExpSteps) / sizeof(kExpSteps[0]));
  constexpr int kWeight = kSmallestExpStep + Step;
  if constexpr (Step < kStepCount && kWeight < IntegerBits) {
    constexpr int kBit = FixedPoint<Raw, IntegerBits>::kFractionalBits + kWeight;
    const auto step = FixedPoint<Raw, 0>::FromRaw(FromQ31<Raw>(kExpSteps[Step]));
    const Raw is_set = MaskIfNonZero(BitAnd(distance.raw(), static_cast<Raw>(Raw{1} << kBit)));
    return ApplyExpSteps<Step + 1>(SelectUsingMask(is_set, value * step, value), distance);
  } else {
    return value;
  }
}

}  // namespace internal

// exp(x) for x <= 0.
template <typename Raw, int IntegerBits>
FixedPoint<Raw, 0> exp_on_negative_values(FixedPoint<Raw, IntegerBits> x) {
  using Input = FixedPoint<Raw, IntegerBits>;
  using F0 = FixedPoint<Raw, 0>;
  // x = near - distance, with near in [-1/4, 0) and distance a multiple of 1/4.
  const Input quarter = Input::template ConstantPOT<internal::kSmallestExpStep>();
  const Input below_quarter = Input::FromRaw(static_cast<Raw>(quarter.raw() - 1));
  const Input near = (x & below_quarter) - quarter;
  F0 result = exp_on_interval_between_negative_one_quarter_and_0_excl(Rescale<0>(near));
  result = internal::ApplyExpSteps<0>(result, near - x);
  // exp(-32) is far below the result's resolution.
  if constexpr (IntegerBits > 5) {
    const Raw lowest = Neg(Input::template ConstantPOT<5>().raw());
    result = SelectUsingMask(MaskIfLessThan(x.raw(), lowest), F0::Zero(), result);
  }
  return SelectUsingMask(MaskIfZero(x.raw()), F0::One(), result);
}

namespace internal {

// 2 / (1 + x) for 0 <= x <= 1, by Newton's iteration for the reciprocal of (1 + x) / 2.
template <typename Raw>
FixedPoint<Raw, 2> TwoOverOnePlusX(FixedPoint<Raw, 0> x) {
  using F2 = FixedPoint<Raw, 2>;
  const FixedPoint<Raw, 0> divisor = RoundingHalfSum(x, FixedPoint<Raw, 0>::One());
  // The line 48/17 - 32/17 d is the minimax start for divisors in [1/2, 1].
  const F2 intercept = F2::FromRaw(FromQ31<Raw>(1515870810));
  const F2 slope = F2::FromRaw(FromQ31<Raw>(-1010580540));
  F2 reciprocal = intercept + divisor * slope;
  for (int iteration = 0; iteration < 3; ++iteration) {
    const F2 error = F2::One() - divisor * reciprocal;
    reciprocal = reciprocal + Rescale<2>(reciprocal * error);
  }
  return reciprocal;
}

}  // namespace internal

// 1 / (1 + x) for 0 <= x <= 1.
template <typename Raw>
FixedPoint<Raw, 0> one_over_one_plus_x_for_x_in_0_1(FixedPoint<Raw, 0> x) {
  return Rescale<0>(ExactMulByPot<-1>(internal::TwoOverOnePlusX(x)));
}

// (1 - x) / (1 + x) = 2 / (1 + x) - 1 for 0 <= x <= 1.
template <typename Raw>
FixedPoint<Raw, 0> one_minus_x_over_one_plus_x_for_x_in_0_1(FixedPoint<Raw, 0> x) {
  return Rescale<0>(internal::TwoOverOnePlusX(x) - FixedPoint<Raw, 2>::One());
}

// -tanh(x) = (1 - exp(2x)) / (1 + exp(2x)) for x <= 0.
template <typename Raw, int IntegerBits>
FixedPoint<Raw, 0> neg_tanh_on_negative_values(FixedPoint<Raw, IntegerBits> x) {
  return one_minus_x_over_one_plus_x_for_x_in_0_1(exp_on_negative_values(ExactMulByPot<1>(x)));
}

template <typename Raw, int IntegerBits>
FixedPoint<Raw, 0> tanh(FixedPoint<Raw, IntegerBits> x) {
  using F0 = FixedPoint<Raw, 0>;
  const Raw is_negative = MaskIfLessThan(x.raw(), Raw{0});
  const F0 magnitude = neg_tanh_on_negative_values(SelectUsingMask(is_negative, x, -x));
  const F0 result = SelectUsingMask(is_negative, -magnitude, magnitude);
  return SelectUsingMask(MaskIfZero(x.raw()), F0::Zero(), result);
}

// 1 / (1 + exp(-x)) for x > 0.
template <typename Raw, int IntegerBits>
FixedPoint<Raw, 0> logistic_on_positive_values(FixedPoint<Raw, IntegerBits> x) {
  return one_over_one_plus_x_for_x_in_0_1(exp_on_negative_values(-x));
}

template <typename Raw, int IntegerBits>
FixedPoint<Raw, 0> logistic(FixedPoint<Raw, IntegerBits> x) {
  using F0 = FixedPoint<Raw, 0>;
  const Raw is_positive = MaskIfGreaterThan(x.raw(), Raw{0});
  const F0 of_magnitude = logistic_on_positive_values(SelectUsingMask(is_positive, x, -x));
  const F0 result = SelectUsingMask(is_positive, of_magnitude, F0::One() - of_magnitude);
  return SelectUsingMask(MaskIfZero(x.raw()), F0::template ConstantPOT<-1>(), result);
}

}  // namespace gemmlowp

#endif  // FIRMWARE_KERNELS_INCLUDE_FIXEDPOINT_FIXEDPOINT_H_
