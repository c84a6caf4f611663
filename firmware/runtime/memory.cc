// The memory functions that compilers call on their own, a word at a time where both ends allow it.

#include <cstddef>
#include <cstdint>

namespace {

bool SameAlignment(const void* a, const void* b) {
  return ((reinterpret_cast<uintptr_t>(a) ^ reinterpret_cast<uintptr_t>(b)) & 3) == 0;
}

bool IsAligned(const void* p) { return (reinterpret_cast<uintptr_t>(p) & 3) == 0; }

// A word that may hold the bytes of anything.
using Word = uint32_t __attribute__((may_alias));

}  // namespace

extern "C" {

void* memcpy(void* __restrict target, const void* __restrict source, size_t bytes) {
  auto* to = static_cast<uint8_t*>(target);
  const auto* from = static_cast<const uint8_t*>(source);
  if (SameAlignment(to, from)) {
    for (; bytes != 0 && !IsAligned(to); --bytes) *to++ = *from++;
    for (; bytes >= 16; bytes -= 16, to += 16, from += 16) {
      const auto* words = reinterpret_cast<const Word*>(from);
      const Word a = words[0], b = words[1], c = words[2], d = words[3];
      auto* out = reinterpret_cast<Word*>(to);
      out[0] = a, out[1] = b, out[2] = c, out[3] = d;
    }
    for (; bytes >= 4; bytes -= 4, to += 4, from += 4) {
      *reinterpret_cast<Word*>(to) = *reinterpret_cast<const Word*>(from);
    }
  }
  for (; bytes != 0; --bytes) *to++ = *from++;
  return target;
}

void* memmove(void* target, const void* source, size_t bytes) {
  auto* to = static_cast<uint8_t*>(target);
  const auto* from = static_cast<const uint8_t*>(source);
  if (to <= from || to >= from + bytes) {
    // Forwards, a byte is read before its place is written.
    for (; bytes != 0; --bytes) *to++ = *from++;
  } else {
    while (bytes-- != 0) to[bytes] = from[bytes];
  }
  return target;
}

void* memset(void* target, int value, size_t bytes) {
  auto* to = static_cast<uint8_t*>(target);
  for (; bytes != 0 && !IsAligned(to); --bytes) *to++ = static_cast<uint8_t>(value);
  const uint32_t word = static_cast<uint8_t>(value) * 0x01010101u;
  for (; bytes >= 4; bytes -= 4, to += 4) *reinterpret_cast<Word*>(to) = word;
  for (; bytes != 0; --bytes) *to++ = static_cast<uint8_t>(value);
  return target;
}

int memcmp(const void* a, const void* b, size_t bytes) {
  const auto* left = static_cast<const uint8_t*>(a);
  const auto* right = static_cast<const uint8_t*>(b);
  for (; bytes != 0; --bytes, ++left, ++right) {
    if (*left != *right) return *left - *right;
  }
  return 0;
}

int bcmp(const void* a, const void* b, size_t bytes) { return memcmp(a, b, bytes); }

size_t strlen(const char* text) {
  const char* end = text;
  while (*end != '\0') ++end;
  return static_cast<size_t>(end - text);
}

}  // extern "C"
