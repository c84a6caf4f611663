// What instructions do: registers, memory, what the caches hold, LiteX's registers, the CFU.
//
// `Machine` is the data half of the simulator; when things happen is pipeline.h's matter.

#ifndef SIM_FAST_MACHINE_H_
#define SIM_FAST_MACHINE_H_

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

#include "cfu.h"
#include "isa.h"
#include "pipeline.h"
#include "system.h"
#include "uart.h"

// A load or store that was executed, for as long as the pipeline may ask about it.
struct MemoryAccess {
  uint32_t address;
  uint32_t data;  // of a store, on all lanes
  bool is_store;
  uint8_t bytes;
};

enum class Ending : uint8_t { kNone, kFinished, kTrapped, kFault };

struct Fault {
  const char* kind = "";
  uint32_t pc = 0;
  uint32_t address = 0;
};

class Machine;

// Is told of what the firmware writes to the SoC controller's scratch register.
class MarkerListener {
 public:
  virtual ~MarkerListener() = default;
  // `cycles` of the clock have passed; returns how the run ends, if it does.
  virtual Ending OnMarker(Machine& machine, uint32_t marker, uint64_t cycles) = 0;
};

class Machine {
 public:
  Machine(const System& system, Uart& uart, MarkerListener& listener);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Memory as a debugger sees it; false unless all of the bytes are in one memory.
  bool Read(uint32_t address, uint8_t* to, uint32_t bytes) const;
  bool Write(uint32_t address, const uint8_t* from, uint32_t bytes);

  const System& system() const { return system_; }
  const Instruction& Code(uint32_t pc) const;

  // Whether a jump there is an exception; then it sets no register.
  bool JumpTraps(uint32_t target) const { return system_.exceptions && (target & 2) != 0; }

  // Ends the run after this cycle.
  void Stop(const char* kind, uint32_t pc, uint32_t address);

  // The pipeline's questions and deeds. `cycle` is the one that it is in.
  //
  // A load or store that is executed `behind_cfu` touches memory when the CFU's response has been
  // handed over: until then the CFU may write there, or read what is still to stay.
  Executed Execute(uint32_t pc, const Instruction& code, uint8_t in_memory, uint8_t in_write_back,
                   bool doomed, bool behind_cfu);
  uint8_t MemoryAgain(uint8_t distance, const Instruction& code, uint8_t in_memory,
                      uint8_t in_write_back, Access access);
  CfuAnswer CfuTick(uint64_t cycle, bool command, bool response_ready, bool granted,
                    bool acknowledged);
  void CfuResult(uint8_t rd, bool latched, bool keeps) {
    SetLate(rd, latched ? cfu_latched_ : cfu_result_, keeps);
    if (awaits_cfu_) TouchMemory();
  }
  void CsrAccess(uint64_t cycle, uint8_t distance);
  void UncachedLoad(const Instruction& code, uint8_t slave, uint8_t distance, bool keeps);
  void SetTrap(uint32_t cause, uint32_t pc, uint32_t value) { trap_ = {cause, pc, value}; }
  void Misaligned(uint32_t pc, bool is_store, uint8_t distance);
  uint32_t EnterTrap();
  uint32_t Return();
  bool ExecuteCsr(uint64_t cycle, uint64_t instructions_before, const Instruction& code);
  void FlushData();
  uint8_t InstructionSlave(uint32_t line);
  bool LookUpInstruction(uint32_t pc) const {
    const uint32_t line = pc >> line_log2_;
    return instruction_tags_[line & instruction_mask_] == line;
  }
  void InstallInstructions(uint32_t line_address);
  void InvalidateInstructions();
  uint8_t LookUpHistory(uint32_t pc) const { return history_[HistoryIndex(pc)]; }
  void UpdateHistory(uint32_t pc, uint8_t value, bool right);

  // State that replayed traces use directly.
  std::array<uint32_t, 33> x{};  // the last one takes what x0 is given
  uint64_t instructions = 0;     // executed: those that end, and those on their way
  Ending ending = Ending::kNone;
  bool wants_attention = false;  // when this cycle is over
  Fault fault;
  uint32_t code_version = 0;  // moves when instructions change that were decoded before
  std::array<MemoryAccess, 16> recent{};
  uint32_t recent_count = 0;

  // For replayed traces: what decides whether a load hits, and the memory it then reads.
  const uint32_t* data_tags() const { return data_tags_.data(); }
  uint32_t data_mask() const { return data_mask_; }
  uint32_t line_log2() const { return line_log2_; }
  uint8_t* ram(size_t number) { return rams_[number].bytes.data(); }
  uint32_t largest_ram() const { return largest_ram_; }

  const MemoryAccess& Recent(uint32_t distance) const {
    return recent[(recent_count - 1 - distance) & 15];
  }

 private:
  static constexpr uint32_t kNoLine = 0xffffffff;
  static constexpr uint32_t kHistoryEntries = 1024;
  static uint32_t HistoryIndex(uint32_t pc) { return pc >> 2 & (kHistoryEntries - 1); }

  struct Ram {
    Region region;
    std::vector<uint8_t> bytes;
    Instruction* code;  // one for each word
  };
  int RamOf(uint32_t address) const;

  Executed Load(uint32_t pc, const Instruction& code, uint8_t in_memory, uint8_t in_write_back,
                bool doomed, bool behind_cfu);
  Executed Store(uint32_t pc, const Instruction& code, bool doomed, bool behind_cfu);
  Executed Classify(uint32_t pc, uint32_t address, const Instruction& code, bool doomed);
  uint8_t Overlaps(uint8_t in_memory, uint8_t in_write_back) const;
  void Remember(uint32_t address, uint32_t data, const Instruction& code);
  uint32_t ReadRegister(uint64_t cycle, uint32_t address);
  void WriteRegister(uint64_t cycle, uint32_t address, uint32_t value);
  uint32_t ReadCsr(uint64_t cycle, uint64_t instructions_before, uint32_t number) const;
  void WriteCsr(uint64_t cycle, uint64_t instructions_before, uint32_t number, uint32_t value);
  void Set(uint8_t rd, uint32_t value) {
    if (rd != 0) x[rd] = value;
  }
  // A result that comes while younger instructions have been executed: it is kept unless one of
  // them has set the register, and in any case if they turn out to be undone by an exception.
  void SetLate(uint8_t rd, uint32_t value, bool keeps) {
    if (rd == 0) return;
    if (keeps) x[rd] = value;
    before_trap_[rd] = value;
  }

  const System system_;
  Uart& uart_;
  MarkerListener& listener_;
  std::vector<Ram> rams_;
  uint32_t largest_ram_ = 0;
  uint32_t line_log2_;
  uint32_t instruction_mask_;
  uint32_t data_mask_;
  std::vector<uint32_t> instruction_tags_;
  std::vector<uint32_t> data_tags_;
  std::vector<uint8_t> history_;

  // Machine mode.
  uint32_t mstatus_ = 0x1800, mie_ = 0, mtvec_ = 0, mepc_ = 0, mscratch_ = 0, mcause_ = 0;
  uint32_t mtval_ = 0, misa_ = 0x40000042, interrupt_mask_ = 0;
  uint64_t cycle_offset_ = 2;  // mcycle is 0 when reset ends
  uint64_t instruction_offset_ = 0;
  bool cfu_enabled_ = false;

  struct Trap {
    uint32_t cause = 0;
    uint32_t pc = 0;
    uint32_t value = 0;
  };
  Trap trap_;
  std::array<uint32_t, 33> before_trap_{};

  // LiteX.
  uint32_t register_value_ = 0;  // what the last access read
  uint32_t scratch_ = 0x12345678;
  uint32_t ctrl_reset_ = 1, ctrl_scratch_ = 1, uart_rxtx_ = 1, uart_txfull_ = 1;
  uint32_t uart_rxempty_ = 1, uart_ev_status_ = 1, uart_ev_pending_ = 1, uart_ev_enable_ = 1;
  uint32_t uart_txempty_ = 1, uart_rxfull_ = 1;
  uint32_t reset_register_ = 0;

  // The CFU: operands of the instruction in execute, and responses.
  Cfu cfu_;
  uint64_t cfu_cycle_ = 2;  // the next one that it has not seen
  uint32_t cfu_function_ = 0, cfu_input_0_ = 0, cfu_input_1_ = 0;
  uint32_t cfu_result_ = 0, cfu_latched_ = 0;

  // Its memory port: the word that block RAM reads, and what it counts in a burst.
  void CfuBus(const CfuOutputs& outputs, bool granted, CfuAnswer& answer);
  uint8_t* cfu_word_ = nullptr;
  bool burst_latched_ = false;
  uint32_t burst_address_ = 0;
  uint64_t cfu_quiet_ = 0;  // cycles

  // What a load or store does to memory, the data cache's bytes and the registers.
  struct Touch {
    uint32_t address;
    uint32_t data;  // of a store
    Operation operation;
    uint8_t rd;
    uint8_t bytes;
    uint8_t ram;
    bool is_store;
    bool hits;   // the data cache
    bool fills;  // the data cache with its line
  };
  void TouchMemory();
  Touch touch_{};
  bool awaits_cfu_ = false;
  // What the data cache holds: only a CFU that writes memory makes it differ from memory.
  std::vector<uint8_t> data_cache_;
  uint8_t* CachedBytes(uint32_t address) {
    return &data_cache_[address & (system_.data_cache - 1)];
  }
};

// What the arithmetic instructions compute; loads, stores, jumps and the rest have no value here.
uint32_t Compute(Operation operation, uint32_t a, uint32_t b);
bool IsTaken(Operation operation, uint32_t a, uint32_t b);

#endif  // SIM_FAST_MACHINE_H_
