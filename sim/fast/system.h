// The hardware that is simulated: what `--system FILE` says.

#ifndef SIM_FAST_SYSTEM_H_
#define SIM_FAST_SYSTEM_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

enum class Prediction { kNone, kStatic, kDynamic };
enum class Multiplier { kNone, kIterative, kPipelined };
enum class Divider { kNone, kIterative };
enum class Shifter { kLate, kEarly, kIterative };

// Bytes from `origin` on; both are multiples of 4.
struct Region {
  uint32_t origin = 0;
  uint32_t bytes = 0;
  bool is_rom = false;

  bool Contains(uint32_t address) const { return address - origin < bytes; }
};

// A VexRiscv core (soc/vexriscv/options.py has the same names) and the LiteX system around it.
struct System {
  uint32_t instruction_cache = 4096;  // bytes
  uint32_t data_cache = 4096;         // bytes; 0 is none
  uint32_t cache_line = 32;           // bytes
  Prediction prediction = Prediction::kStatic;
  bool bypass = true;
  Multiplier multiplier = Multiplier::kPipelined;
  Divider divider = Divider::kIterative;
  Shifter shifter = Shifter::kLate;
  bool exceptions = true;
  bool interrupts = true;
  bool counts_instructions = true;
  bool cfu_enable = true;
  bool memory_port = false;  // the CFU is a master of the bus, and there are bursts

  uint32_t reset = 0;                         // where the CPU starts
  std::vector<Region> rams;                   // block RAM and ROM, each a slave of the bus
  Region csr;                                 // LiteX's registers
  std::map<std::string, uint32_t> registers;  // address of each, by LiteX's name
  uint32_t uart_fifo = 16;                    // bytes, each way
  uint32_t stack_limit = 0;                   // the stack may not grow below; 0 is not checked

  // Whether the core is VexRiscv's complete one as it is, whose counters can be written.
  bool IsComplete() const;
};

// Exits with status 64 and a message when the file makes no sense.
System ReadSystem(const std::string& path);

#endif  // SIM_FAST_SYSTEM_H_
