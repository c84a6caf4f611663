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
#include <type_traits>

namespace gemmlowp {

template <typename Raw>
struct FixedPointRawTypeTraits {
  static_assert(std::is_same<Raw, std::int32_t>::value || std::is_same<Raw, std::int16_t>::value,
                "only scalar int32_t and int16_t are implemented");
  using ScalarRawType = Raw;
  static constexpr int kLanes = 1;
};

namespace internal {

template <typename Raw>
using Wide = typename std::conditional<sizeof(Raw) == 4, std::int64_t, std::int32_t>::type;

template <typename Raw>
constexpr int kBits = 8 * static_cast<int>(sizeof(Raw));

// The low bits of `value`, read as two's complement.
template <typename Raw>
constexpr Raw Wrap(std::uint32_t value) {
  return static_cast<Raw>(static_cast<typename std::make_unsigned<Raw>::type>(value));
}

template <typename Raw>
constexpr Raw Saturate(Wide<Raw> value) {
  return value > std::numeric_limits<Raw>::max()   ? std::numeric_limits<Raw>::max()
         : value < std::numeric_limits<Raw>::min() ? std::numeric_limits<Raw>::min()
                                                   : static_cast<Raw>(value);
}

// Constants are given as Q0.31 and rounded to Raw's width, ties away from zero.
template <typename Raw>
constexpr Raw FromQ31(std::int32_t q31) {
  constexpr int drop = 32 - kBits<Raw>;
  constexpr std::int64_t half = (std::int64_t{1} << drop) >> 1;
  return Saturate<Raw>(
      static_cast<Wide<Raw>>((q31 + (q31 < 0 && drop > 0 ? half - 1 : half)) >> drop));
}

}  // namespace internal

// ---- Operations on raw integers -----------------------------------------------------------------

template <typename Raw>
Raw Dup(Raw x) {
  return x;
}

template <typename Raw>
Raw BitAnd(Raw a, Raw b) {
  return static_cast<Raw>(a & b);
}

template <typename Raw>
Raw BitOr(Raw a, Raw b) {
  return static_cast<Raw>(a | b);
}

template <typename Raw>
Raw BitXor(Raw a, Raw b) {
  return static_cast<Raw>(a ^ b);
}

template <typename Raw>
Raw BitNot(Raw a) {
  return static_cast<Raw>(~a);
}

template <typename Raw>
Raw Add(Raw a, Raw b) {
  return internal::Wrap<Raw>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

template <typename Raw>
Raw Sub(Raw a, Raw b) {
  return internal::Wrap<Raw>(static_cast<std::uint32_t>(a) - static_cast<std::uint32_t>(b));
}

template <typename Raw>
Raw Neg(Raw a) {
  return internal::Wrap<Raw>(0u - static_cast<std::uint32_t>(a));
}

template <typename Raw>
Raw ShiftLeft(Raw a, int count) {
  return internal::Wrap<Raw>(static_cast<std::uint32_t>(a) << count);
}

template <typename Raw>
Raw ShiftRight(Raw a, int count) {
  return static_cast<Raw>(a >> count);
}

template <typename Raw>
Raw SaturatingAdd(Raw a, Raw b) {
  return internal::Saturate<Raw>(internal::Wide<Raw>{a} + b);
}

// Wraps in 32 bits; saturates in 16, where intermediate results come close to the ends.
inline std::int32_t AddSaturatingIf16Bit(std::int32_t a, std::int32_t b) { return Add(a, b); }
inline std::int16_t AddSaturatingIf16Bit(std::int16_t a, std::int16_t b) {
  return SaturatingAdd(a, b);
}

// Masks have every bit set for true and none for false.
template <typename Raw>
Raw MaskIfNonZero(Raw a) {
  return static_cast<Raw>(-static_cast<int>(a != 0));
}

template <typename Raw>
Raw MaskIfZero(Raw a) {
  return static_cast<Raw>(-static_cast<int>(a == 0));
}

template <typename Raw>
Raw MaskIfEqual(Raw a, Raw b) {
  return static_cast<Raw>(-static_cast<int>(a == b));
}

template <typename Raw>
Raw MaskIfNotEqual(Raw a, Raw b) {
  return static_cast<Raw>(-static_cast<int>(a != b));
}

template <typename Raw>
Raw MaskIfGreaterThan(Raw a, Raw b) {
  return static_cast<Raw>(-static_cast<int>(a > b));
}

template <typename Raw>
Raw MaskIfGreaterThanOrEqual(Raw a, Raw b) {
  return static_cast<Raw>(-static_cast<int>(a >= b));
}

template <typename Raw>
Raw MaskIfLessThan(Raw a, Raw b) {
  return static_cast<Raw>(-static_cast<int>(a < b));
}

template <typename Raw>
Raw MaskIfLessThanOrEqual(Raw a, Raw b) {
  return static_cast<Raw>(-static_cast<int>(a <= b));
}

template <typename Raw>
Raw SelectUsingMask(Raw mask, Raw then_value, Raw else_value) {
  return static_cast<Raw>(else_value ^ (mask & (then_value ^ else_value)));
}

template <typename Raw>
bool All(Raw a) {
  return a != 0;
}

template <typename Raw>
bool Any(Raw a) {
  return a != 0;
}

// (a + b) / 2, ties away from zero.
template <typename Raw>
Raw RoundingHalfSum(Raw a, Raw b) {
  const internal::Wide<Raw> sum = internal::Wide<Raw>{a} + b;
  // An arithmetic shift rounds down: the added one turns that into up for sums above zero only.
  return static_cast<Raw>((sum + (sum > 0)) >> 1);
}

// a * b * 2 / 2^bits to nearest, ties toward plus infinity; only min * min does not fit.
template <typename Raw>
Raw SaturatingRoundingDoublingHighMul(Raw a, Raw b) {
  constexpr int kFraction = internal::kBits<Raw> - 1;
  if (a == b && a == std::numeric_limits<Raw>::min()) {
    return std::numeric_limits<Raw>::max();
  }
  const internal::Wide<Raw> product = internal::Wide<Raw>{a} * b;
  return static_cast<Raw>((product + (internal::Wide<Raw>{1} << (kFraction - 1))) >> kFraction);
}

// x / 2^exponent to nearest, ties away from zero; 0 <= exponent < width of Raw.
template <typename Raw>
Raw RoundingDivideByPOT(Raw x, int exponent) {
  // Round the magnitude, half up, and give it its sign back.
  const std::uint32_t sign = static_cast<std::uint32_t>(-static_cast<std::int32_t>(x < 0));
  const std::uint32_t magnitude = (static_cast<std::uint32_t>(x) ^ sign) - sign;
  const std::uint32_t half = (std::uint32_t{1} << exponent) >> 1;
  return internal::Wrap<Raw>((((magnitude + half) >> exponent) ^ sign) - sign);
}

// x * 2^Exponent: saturates for positive exponents, rounds as above for negative ones.
template <int Exponent, typename Raw>
Raw SaturatingRoundingMultiplyByPOT(Raw x) {
  if constexpr (Exponent > 0) {
    return internal::Saturate<Raw>(internal::Wide<Raw>{x} * (internal::Wide<Raw>{1} << Exponent));
  } else {
    return RoundingDivideByPOT(x, -Exponent);
  }
}

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
