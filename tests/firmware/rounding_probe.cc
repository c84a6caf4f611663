// Rounds float32 numbers from standard input: writes roundf and floorf of each.

#include <cstdint>
#include <cstdio>

extern "C" float roundf(float);
extern "C" float floorf(float);

int main() {
  float x;
  while (std::fread(&x, sizeof(x), 1, stdin) == 1) {
    const float results[] = {roundf(x), floorf(x)};
    std::fwrite(results, sizeof(results), 1, stdout);
  }
  return 0;
}
