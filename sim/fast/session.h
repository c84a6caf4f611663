// A session: firmware that is loaded, fed and watched until it ends, as on the Verilated SoC.

#ifndef SIM_FAST_SESSION_H_
#define SIM_FAST_SESSION_H_

#include "options.h"
#include "system.h"

// Runs to the end and prints the report.
void RunSession(const System& system, const Options& options);

#endif  // SIM_FAST_SESSION_H_
