#include "lz4.h"

#include <cstdint>
#include <cstring>
#include <vector>

namespace {

constexpr int kMinMatch = 4;
constexpr int kLastLiterals = 5;  // a block ends with at least so many literals
constexpr int kMatchMargin = 12;  // and its last match begins so far before its end
constexpr int kMaxDistance = 65535;
constexpr int kHashBits = 14;

uint32_t Word(const uint8_t* bytes) {
  uint32_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

uint32_t Hash(uint32_t word) { return (word * 0x9E3779B1u) >> (32 - kHashBits); }

// A length beyond what its four bits in the token hold: bytes of 255 and a last one below.
uint8_t* PutLength(uint8_t* out, int rest) {
  for (; rest >= 255; rest -= 255) *out++ = 255;
  *out++ = static_cast<uint8_t>(rest);
  return out;
}

uint8_t* PutLiterals(uint8_t* out, const uint8_t* literals, int count, int match_code) {
  *out++ =
      static_cast<uint8_t>((count < 15 ? count : 15) << 4 | (match_code < 15 ? match_code : 15));
  if (count >= 15) out = PutLength(out, count - 15);
  std::memcpy(out, literals, static_cast<size_t>(count));
  return out + count;
}

}  // namespace

int LZ4_compressBound(int size) { return size + size / 255 + 16; }

int LZ4_compress_default(const char* source, char* target, int size, int capacity) {
  if (capacity < LZ4_compressBound(size)) return 0;
  const auto* in = reinterpret_cast<const uint8_t*>(source);
  auto* out = reinterpret_cast<uint8_t*>(target);
  std::vector<int> last_seen(1 << kHashBits, -1);
  int literals_begin = 0;
  int position = 0;
  while (position + kMatchMargin < size) {
    int& candidate = last_seen[Hash(Word(in + position))];
    const int match = candidate;
    candidate = position;
    if (match < 0 || position - match > kMaxDistance || Word(in + match) != Word(in + position)) {
      ++position;
      continue;
    }
    int length = kMinMatch;
    while (position + length < size - kLastLiterals &&
           in[match + length] == in[position + length]) {
      ++length;
    }
    const int code = length - kMinMatch;
    out = PutLiterals(out, in + literals_begin, position - literals_begin, code);
    const int distance = position - match;
    *out++ = static_cast<uint8_t>(distance);
    *out++ = static_cast<uint8_t>(distance >> 8);
    if (code >= 15) out = PutLength(out, code - 15);
    position += length;
    literals_begin = position;
  }
  out = PutLiterals(out, in + literals_begin, size - literals_begin, 0);
  return static_cast<int>(out - reinterpret_cast<uint8_t*>(target));
}
