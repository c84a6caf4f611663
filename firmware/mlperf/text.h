// Lines of text for the host, made of pieces.

#ifndef FIRMWARE_MLPERF_TEXT_H_
#define FIRMWARE_MLPERF_TEXT_H_

#include <cstdint>

namespace playground::mlperf {

// Two hexadecimal digits.
struct HexByte {
  uint8_t value;
};

// Eight hexadecimal digits after "0x".
struct HexWord {
  uint32_t value;
};

// A decimal fraction with three digits after the point, or "nan", "inf", "-inf".
struct Fixed {
  float value;
};

// A text from outside, with `?` for what would end a message early or is no printable ASCII.
struct Quoted {
  const char* text;
};

void Put(const char* text);
void Put(uint64_t decimal);
void Put(HexByte byte);
void Put(HexWord word);
void Put(Fixed number);
void Put(Quoted text);

inline void Put(uint32_t decimal) { Put(static_cast<uint64_t>(decimal)); }

template <typename... Pieces>
void PutLine(const Pieces&... pieces) {
  (Put(pieces), ...);
  Put("\r\n");
}

// Reports what is wrong with a command: `e-[...]`.
template <typename... Pieces>
void PutError(const Pieces&... pieces) {
  PutLine("e-[", pieces..., "]");
}

}  // namespace playground::mlperf

#endif  // FIRMWARE_MLPERF_TEXT_H_
