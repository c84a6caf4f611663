#include "print.h"

#include <cstring>

#include "frame.h"

namespace playground {

void Print(const char* text) {
  const auto length = static_cast<uint32_t>(std::strlen(text));
  FrameWriter(FrameType::kText, length).Put(text, length);
}

void Print(int32_t value) {
  char digits[12];
  char* begin = digits + sizeof(digits) - 1;
  *begin = '\0';
  uint32_t rest = value < 0 ? 0u - static_cast<uint32_t>(value) : static_cast<uint32_t>(value);
  do {
    *--begin = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (value < 0) *--begin = '-';
  Print(begin);
}

}  // namespace playground
