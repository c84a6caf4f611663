// RV32IM instructions and CFU commands, decoded once, as VexRiscv's decoder sees them.

#ifndef SIM_FAST_ISA_H_
#define SIM_FAST_ISA_H_

#include <cstdint>

#include "system.h"

// What an instruction does to the registers.
enum class Operation : uint8_t {
  kUnknown = 0,  // not decoded yet
  kNothing,      // fences, and what is illegal
  kLui,
  kAuipc,
  kAddi,
  kSlti,
  kSltiu,
  kXori,
  kOri,
  kAndi,
  kSlli,
  kSrli,
  kSrai,
  kAdd,
  kSub,
  kSll,
  kSlt,
  kSltu,
  kXor,
  kSrl,
  kSra,
  kOr,
  kAnd,
  kMul,
  kMulh,
  kMulhsu,
  kMulhu,
  kDiv,
  kDivu,
  kRem,
  kRemu,
  kJal,
  kJalr,
  kBeq,
  kBne,
  kBlt,
  kBge,
  kBltu,
  kBgeu,
  kLb,
  kLh,
  kLw,
  kLbu,
  kLhu,
  kSb,
  kSh,
  kSw,
  kCsr,
  kCfu,
};

// How control leaves an instruction, as VexRiscv's BRANCH_CTRL.
enum class Branch : uint8_t { kNone, kConditional, kJal, kJalr };

struct Instruction {
  Operation operation = Operation::kUnknown;
  uint8_t rd = 0;   // 0 when it writes no register
  uint8_t rs1 = 0;  // 0 when it reads none
  uint8_t rs2 = 0;
  int32_t immediate = 0;  // of a CSR instruction the number of the register
  uint32_t word = 0;
  Branch branch = Branch::kNone;
  uint8_t size_log2 = 0;     // of a load or store
  bool is_legal : 1 = true;  // CFU instructions need more; see `is_cfu`
  bool is_load : 1 = false;
  bool is_store : 1 = false;
  bool is_multiply : 1 = false;
  bool is_divide : 1 = false;
  bool is_shift : 1 = false;
  bool is_csr : 1 = false;
  bool is_cfu : 1 = false;
  bool is_ecall : 1 = false;
  bool is_return : 1 = false;             // MRET
  bool is_wait : 1 = false;               // WFI
  bool flushes_instructions : 1 = false;  // FENCE.I
  bool flushes_data : 1 = false;          // VexRiscv's 0x500F
  bool has_side_effect : 1 = false;       // a CFU command waits for it
  bool bypass_execute : 1 = true;         // its result is there in execute
  bool bypass_memory : 1 = true;          // its result is there in memory

  bool is_memory() const { return is_load || is_store; }
};

Instruction Decode(uint32_t word, const System& system);

#endif  // SIM_FAST_ISA_H_
