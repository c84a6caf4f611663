// Command line of the Verilated SoC.

#ifndef SIM_HARNESS_OPTIONS_H_
#define SIM_HARNESS_OPTIONS_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

// A tensor to copy out of memory whenever its layer ends.
struct Snapshot {
  uint32_t layer;
  uint32_t address;
  uint32_t bytes;
};

// A file of raw bytes to put into memory before the clock starts.
struct Content {
  uint32_t address;
  std::string file;
};

struct Options {
  std::vector<Content> contents;  // --load ADDRESS FILE: may be repeated
  std::string uart_input;   // --uart-input FILE: bytes the host sends, as fast as they are taken
  std::string uart_output;  // --uart-output FILE: bytes the firmware sends
  std::string snapshots;    // --snapshots FILE: lines "layer address bytes", decimal
  std::string snapshot_output;        // --snapshot-output FILE: the copies, back to back
  std::string system;                 // --system FILE: what the fast simulator simulates
  std::string why;                    // --why FILE: where each layer's cycles went
  std::string timeline;               // --timeline FILE: which functions ran when
  std::string functions;              // --functions FILE: lines "begin end" of code, for it
  uint64_t resolution = 1;            // --resolution CYCLES: what is too short to be shown
  std::string retired;                // --retired FILE: of each instruction cycle and pc
  uint64_t max_cycles = UINT64_MAX;   // --max-cycles N: of one inference
  uint64_t stall_cycles = 2'000'000;  // --stall-cycles N: no instruction retired for so long
  std::string trace;                  // --trace FILE: waveform
  std::set<uint32_t> trace_layers;    // --trace-layers 3,5: empty means all the time; of both
  int terminal = -1;                  // --terminal N: descriptor of a pseudo-terminal's master
  uint32_t baud = 0;                  // --baud N: rate of the board's serial line; 0 fits any
  uint64_t byte_cycles = 0;           // --byte-cycles N: how long a byte is on the line
};

// Exits with status 64 and a message when the command line makes no sense.
Options ParseOptions(int argc, char** argv);

std::vector<Snapshot> ReadSnapshots(const std::string& path);
std::vector<uint8_t> ReadFile(const std::string& path);

#endif  // SIM_HARNESS_OPTIONS_H_
