// Simulates a LiteX system with VexRiscv and a CFU, instruction by instruction, to the cycle.

#include <cstdio>

#include "options.h"
#include "session.h"
#include "system.h"

int main(int argc, char** argv) {
  const Options options = ParseOptions(argc, argv);
  if (options.system.empty()) {
    std::fprintf(stderr, "--system FILE is missing\n");
    return 64;
  }
  RunSession(ReadSystem(options.system), options);
  return 0;
}
