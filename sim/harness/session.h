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
//
// The file of retired instructions holds 12 bytes for each, little-endian: the number of cycles
// before the one at whose end it left the last stage (8), and its address (4).
void RunSession(Simulation& simulation, const Options& options);

#endif  // SIM_HARNESS_SESSION_H_
