// Operations on the raw integers of fixed-point numbers; see fixedpoint.h.

#ifndef FIRMWARE_KERNELS_INCLUDE_FIXEDPOINT_RAW_INTEGERS_H_
#define FIRMWARE_KERNELS_INCLUDE_FIXEDPOINT_RAW_INTEGERS_H_

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

}  // namespace gemmlowp

#endif  // FIRMWARE_KERNELS_INCLUDE_FIXEDPOINT_RAW_INTEGERS_H_
