// Runs a generated model on the host, once, and writes each layer's outputs right after it ran.
//
// Standard input, in host byte order: the graph's inputs, one after the other; then for each layer
// a uint32 count and as many pairs of uint32 (offset in the arena, bytes).
// Standard output: for each layer a byte, 1 if its override ran and 0 if not, and the bytes of its
// pairs.

#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "playground/model.h"

namespace {

void ReadAll(void* destination, size_t bytes) {
  auto* position = static_cast<char*>(destination);
  while (bytes > 0) {
    const ssize_t count = read(STDIN_FILENO, position, bytes);
    if (count <= 0) _exit(1);
    position += count;
    bytes -= static_cast<size_t>(count);
  }
}

void WriteAll(const void* source, size_t bytes) {
  auto* position = static_cast<const char*>(source);
  while (bytes > 0) {
    const ssize_t count = write(STDOUT_FILENO, position, bytes);
    if (count <= 0) _exit(1);
    position += count;
    bytes -= static_cast<size_t>(count);
  }
}

struct Span {
  uint32_t offset;
  uint32_t bytes;
};

}  // namespace

int main() {
  playground::PrepareLayers();
  for (uint32_t i = 0; i < playground::kInputCount; ++i) {
    ReadAll(playground::kInputs[i].data, playground::kInputs[i].bytes);
  }
  for (uint32_t layer = 0; layer < playground::kLayerCount; ++layer) {
    uint32_t count;
    ReadAll(&count, sizeof(count));
    const uint8_t overridden = playground::RunLayer(layer) ? 1 : 0;
    WriteAll(&overridden, 1);
    for (; count > 0; --count) {
      Span span;
      ReadAll(&span, sizeof(span));
      WriteAll(playground::kArena + span.offset, span.bytes);
    }
  }
  return 0;
}
