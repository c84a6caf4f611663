// Runs the Verilated SoC: a session from files, or as a board on a pseudo-terminal.

#include "options.h"
#include "session.h"
#include "simulation.h"
#include "terminal.h"

int main(int argc, char** argv) {
  const Options options = ParseOptions(argc, argv);
  if (!options.why.empty() && !kAccounts) {
    std::fprintf(stderr, "this program was not built to tell where cycles go\n");
    return 64;
  }
  Simulation simulation;
  if (!options.trace.empty()) simulation.OpenTrace(options.trace);
  simulation.Load(options.contents);
  if (options.terminal >= 0) {
    RunTerminal(simulation, options);
  } else {
    RunSession(simulation, options);
  }
  return 0;
}
