// The two functions of the C mathematics library that kernels call. A bare-metal compiler may come
// without that library; where there is one, its own may be taken instead.

#include <cstdint>
#include <cstring>

namespace {

constexpr uint32_t kSign = 0x80000000u;
constexpr uint32_t kOne = 0x3F800000u;
constexpr int kFractionBits = 23;

uint32_t BitsOf(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return bits;
}

float FromBits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

// The power of two of the leading bit; 128 for infinities and NaN.
int ExponentOf(uint32_t bits) { return static_cast<int>((bits >> kFractionBits) & 0xFF) - 127; }

// The bits that stand for a fraction of one, for exponents from 0 to 22.
uint32_t FractionMask(int exponent) { return ((1u << kFractionBits) - 1) >> exponent; }

}  // namespace

// To the nearest integer, ties away from zero.
extern "C" __attribute__((weak)) float roundf(float x) {
  const uint32_t bits = BitsOf(x);
  const int exponent = ExponentOf(bits);
  if (exponent >= kFractionBits) return x;
  if (exponent < 0) return FromBits((bits & kSign) | (exponent == -1 ? kOne : 0));
  const uint32_t mask = FractionMask(exponent);
  // A carry into the exponent is just right: the next power of two has no fraction.
  return FromBits((bits + (mask + 1) / 2) & ~mask);
}

// To the nearest integer that is not larger.
extern "C" __attribute__((weak)) float floorf(float x) {
  const uint32_t bits = BitsOf(x);
  const bool is_negative = (bits & kSign) != 0;
  const int exponent = ExponentOf(bits);
  if (exponent >= kFractionBits) return x;
  if (exponent < 0) return is_negative && bits != kSign ? -1.0f : FromBits(bits & kSign);
  const uint32_t mask = FractionMask(exponent);
  return FromBits((is_negative ? bits + mask : bits) & ~mask);
}
