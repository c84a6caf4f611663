// The SoC as a board whose serial line is a pseudo-terminal.

#ifndef SIM_HARNESS_TERMINAL_H_
#define SIM_HARNESS_TERMINAL_H_

#include "options.h"
#include "simulation.h"

// Carries bytes between the SoC's UART and whoever opens the other side of the pseudo-terminal,
// until the process is ended or the one that started it has ended. The board is switched on when it
// is opened for the first time.
//
// As with a real serial line, what the board sends while nobody listens is lost, and a program that
// chose another rate than the board's sends and receives garbage. Unlike one, bytes are taken as
// fast as the SoC takes them, and none is lost for want of room, unless --byte-cycles says how long
// each is on the line.
void RunTerminal(Simulation& simulation, const Options& options);

#endif  // SIM_HARNESS_TERMINAL_H_
