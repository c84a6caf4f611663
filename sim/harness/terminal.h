// The SoC as a board whose serial line is a pseudo-terminal.

#ifndef SIM_HARNESS_TERMINAL_H_
#define SIM_HARNESS_TERMINAL_H_

#include "options.h"
#include "simulation.h"

// Carries bytes between the SoC's UART and whoever opens the other side of the pseudo-terminal,
// until the process is ended or the one that started it has ended. The board is switched on when it
// is opened for the first time.
//
// As with a real serial line, what the board sends while nobody listens is lost, so is a byte for
// which the board's queue has no room, and a program that chose another rate than the board's sends
// and receives garbage. Without --byte-cycles, bytes take no time, and wait for room.
void RunTerminal(Simulation& simulation, const Options& options);

#endif  // SIM_HARNESS_TERMINAL_H_
