#include "text.h"

#include "uart.h"

namespace playground::mlperf {
namespace {

// Beyond this a float has no digits after the point, and its thousandfold is near the end of
// int64_t.
constexpr float kLargestFixed = 9.0e15f;

void PutHexDigit(uint32_t digit) { UartWrite("0123456789abcdef"[digit & 15]); }

}  // namespace

void Put(const char* text) {
  while (*text != '\0') UartWrite(static_cast<uint8_t>(*text++));
}

void Put(uint64_t decimal) {
  char digits[21];
  char* begin = digits + sizeof(digits) - 1;
  *begin = '\0';
  do {
    *--begin = static_cast<char>('0' + decimal % 10);
    decimal /= 10;
  } while (decimal != 0);
  Put(begin);
}

void Put(HexByte byte) {
  PutHexDigit(byte.value >> 4);
  PutHexDigit(byte.value);
}

void Put(HexWord word) {
  Put("0x");
  for (int shift = 28; shift >= 0; shift -= 4) PutHexDigit(word.value >> shift);
}

void Put(Fixed number) {
  const float value = number.value;
  if (value != value) return Put("nan");
  if (value < 0) Put("-");
  const float magnitude = value < 0 ? -value : value;
  if (magnitude > kLargestFixed) return Put("inf");
  const auto thousandths = static_cast<uint64_t>(static_cast<double>(magnitude) * 1000 + 0.5);
  Put(thousandths / 1000);
  Put(".");
  const auto fraction = static_cast<uint32_t>(thousandths % 1000);
  Put(fraction < 10 ? "00" : fraction < 100 ? "0" : "");
  Put(fraction);
}

void Put(Quoted text) {
  for (const char* next = text.text; *next != '\0'; ++next) {
    const bool is_plain = *next >= ' ' && *next <= '~' && *next != '[' && *next != ']';
    UartWrite(static_cast<uint8_t>(is_plain ? *next : '?'));
  }
}

}  // namespace playground::mlperf
