// A session from a file of bytes for the UART to the firmware's end, or to whatever goes wrong.

#ifndef SIM_HARNESS_SESSION_H_
#define SIM_HARNESS_SESSION_H_

#include "options.h"
#include "simulation.h"

// Serves the UART from files, copies layers' outputs out of memory as they are made, and ends by
// itself whatever the firmware does.
//
// Standard error carries progress, a line each: "layer INDEX CYCLES" when a layer ends and
// "cycles CYCLES" twice a second. Standard output carries one JSON object at the end.
void RunSession(Simulation& simulation, const Options& options);

#endif  // SIM_HARNESS_SESSION_H_
