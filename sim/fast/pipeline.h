// VexRiscv's pipeline, its caches' control and LiteX's bus, cycle by cycle, without any data.
//
// Whatever depends on data (which way a branch goes, whether a line is in a cache) is asked of an
// environment, which also executes instructions; `Pipeline::Cycle` documents when. Names follow
// VexRiscv's Verilog where there is something to look up there.

#ifndef SIM_FAST_PIPELINE_H_
#define SIM_FAST_PIPELINE_H_

#include <cstdint>
#include <type_traits>

#include "isa.h"
#include "system.h"

// Where a load or store goes.
enum class Access : uint8_t {
  kNone,
  kHit,         // in the data cache
  kMiss,        // not there; a load fetches the line
  kUncached,    // past the cache, or there is none
  kMisaligned,  // ends in an exception
};

// Which slave of the bus an access is to: a number of `System::rams`, or this.
constexpr uint8_t kCsrSlave = 0xfe;

// The bus is granted to one of its masters.
enum Grant : uint8_t { kInstructions, kData, kCfu };

// What became of an instruction that was executed and then thrown out of the pipeline, to be
// fetched again: its second way is the first one's, and it must not be executed again.
struct Replayed {
  uint32_t pc;
  uint32_t target;
  uint8_t executed;
  uint8_t access;
  uint8_t slave;
  uint8_t distance;
  uint8_t taken;
  uint8_t shift;
  uint8_t zero[2];
};

// An instruction in execute, memory or write-back.
struct InFlight {
  uint32_t pc;
  uint32_t target;  // of a taken jump through a register, else 0
  uint8_t valid;
  uint8_t taken;      // control leaves it for its target
  uint8_t predicted;  // decode went on at its target
  uint8_t access;     // enum Access
  uint8_t slave;
  uint8_t distance;   // loads and stores executed since this one
  uint8_t shift;      // of an iterative shifter: the amount
  uint8_t cancelled;  // its result, which comes late, belongs to a younger instruction's register
  // The older stores in memory and write-back that it reads from, by 1 and 2.
  uint8_t overlaps;
  uint8_t zero[3];
};

// Bus command of the data side.
struct DataCommand {
  uint8_t valid;
  uint8_t write;
  uint8_t line;
  uint8_t uncached;
  uint8_t slave;
  uint8_t distance;
  uint8_t zero[2];
};

// Why decode is empty.
enum class Bubble : uint8_t { kStart, kBranch, kInstructionMiss, kDataMiss, kTrap };

struct PipelineState {
  InFlight execute;
  InFlight memory;
  InFlight write_back;
  Replayed replayed[3];
  uint32_t replayed_count;

  uint32_t fetch_pc;  // of the first stage, and what the fetcher counts from
  uint32_t decode_pc;
  uint32_t refill_line;
  uint32_t ram_acknowledges;  // a bit for each

  // Data side of the bus: two stages of buffers.
  DataCommand buffer;
  DataCommand command;

  // Invalidation of the caches: lines done.
  uint16_t flush_counter;
  uint16_t flusher_counter;

  // Fetch.
  uint8_t booted;
  uint8_t increment;
  uint8_t fetch_valid;
  uint8_t fetch_hit;
  uint8_t decode_valid;
  uint8_t decode_hit;
  uint8_t fetch_history;  // dynamic prediction
  uint8_t decode_history;
  uint8_t execute_history;

  // Instruction cache.
  uint8_t refill_valid;
  uint8_t refill_sent;
  uint8_t refill_word;
  uint8_t refill_slave;
  uint8_t flush_pending;
  uint8_t flush_done_before;
  uint8_t instruction_word;  // of the bus
  uint8_t instruction_response;

  // Units.
  uint8_t divide_counter;
  uint8_t divide_done;
  uint8_t multiply_left;
  uint8_t shift_begun;
  uint8_t shift_left;
  uint8_t cfu_enabled;
  uint8_t cfu_hold;
  uint8_t cfu_fired;
  uint8_t cfu_in_flight;  // the instruction in memory waits for its response, or has it
  uint8_t cfu_latched;    // a response waits for memory
  uint8_t cfu_outstanding;
  uint8_t write_buffer_valid;
  uint8_t write_buffer_register;

  // Exceptions that travel to write-back.
  uint8_t exception_decode;
  uint8_t exception_execute;
  uint8_t exception_memory;
  uint8_t exception_write_back;
  uint8_t had_exception;

  // Data cache.
  uint8_t collision_early;
  uint8_t collision;
  uint8_t command_sent;
  uint8_t loader_valid;
  uint8_t loader_valid_before;
  uint8_t loader_word;
  uint8_t flusher_start;
  uint8_t flusher_wait;
  uint8_t data_word;  // of the bus
  uint8_t data_response;

  // LiteX's interconnect.
  uint8_t grant;  // enum Grant
  uint8_t csr_acknowledges;

  uint8_t bubble;      // enum Bubble
  uint8_t cfu_active;  // a CFU that is a master of the bus has not come to rest
  uint8_t zero[3];
};
static_assert(std::has_unique_object_representations_v<PipelineState>, "compared byte by byte");
static_assert(sizeof(PipelineState) % 8 == 0, "hashed by words");

// What the environment answers when an instruction is executed.
struct Executed {
  bool taken = false;
  uint32_t target = 0;
  Access access = Access::kNone;
  uint8_t slave = 0;
  uint8_t overlaps = 0;
  uint8_t shift = 0;
};

// No instruction's address.
constexpr uint32_t kNoPc = 1;

struct CfuAnswer {
  bool command_ready = false;
  bool response_valid = false;
  bool at_rest = false;  // nothing happens any more without a command
  // As a master of the bus.
  bool bus_cycle = false;
  bool bus_strobe = false;
  bool bus_burst = false;
  uint8_t slave = 0;
};

class Pipeline {
 public:
  explicit Pipeline(const System& system) : system_(system) {
    line_log2_ = __builtin_ctz(system.cache_line);
    words_ = system.cache_line / 4;
    instruction_lines_ = system.instruction_cache / system.cache_line;
    data_lines_ = system.data_cache / system.cache_line;
  }

  // As it is in the first cycle after reset.
  PipelineState Reset() const {
    PipelineState state{};
    state.fetch_pc = system_.reset;
    state.flush_pending = 1;
    state.flusher_start = system_.data_cache != 0;
    state.cfu_enabled = !system_.cfu_enable;
    state.cfu_active = system_.memory_port;
    return state;
  }

  // One clock cycle. The environment is told in this order:
  // - what the CFU's port shows and takes,
  // - accesses to LiteX's registers, at the cycle in which they happen,
  // - results that come late: uncached loads, responses of the CFU,
  // - exceptions and returns from them,
  // - CSR instructions, when they leave execute,
  // - the instruction that leaves decode, which is executed then,
  // - lookups and refills of the instruction cache.
  template <typename Environment>
  void Cycle(PipelineState& s, Environment& environment) const;

 private:
  const System& system_;
  // Whether a CSR is there, and may be written if the instruction writes.
  bool IsCsrLegal(const Instruction& instruction) const;

  uint32_t line_log2_;
  uint32_t words_;
  uint32_t instruction_lines_;
  uint32_t data_lines_;
};

#include "pipeline_cycle.h"

#endif  // SIM_FAST_PIPELINE_H_
