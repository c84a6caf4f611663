#include "machine.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace {

int32_t Signed(uint32_t value) { return static_cast<int32_t>(value); }

uint32_t Lanes(uint32_t value, uint8_t size_log2) {
  if (size_log2 == 0) return (value & 0xff) * 0x01010101u;
  if (size_log2 == 1) return (value & 0xffff) * 0x00010001u;
  return value;
}

uint32_t Extend(uint32_t value, Operation operation) {
  switch (operation) {
    case Operation::kLb:
      return static_cast<uint32_t>(static_cast<int8_t>(value));
    case Operation::kLh:
      return static_cast<uint32_t>(static_cast<int16_t>(value));
    case Operation::kLbu:
      return value & 0xff;
    case Operation::kLhu:
      return value & 0xffff;
    default:
      return value;
  }
}

// Memory that reads as zero and takes none until it is written.
template <typename T>
T* Reserve(size_t count) {
  void* memory = mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    std::fprintf(stderr, "no memory left\n");
    std::exit(71);
  }
  return static_cast<T*>(memory);
}

}  // namespace

uint32_t Compute(Operation operation, uint32_t a, uint32_t b) {
  switch (operation) {
    case Operation::kAddi:
    case Operation::kAdd:
      return a + b;
    case Operation::kSub:
      return a - b;
    case Operation::kSlti:
    case Operation::kSlt:
      return Signed(a) < Signed(b);
    case Operation::kSltiu:
    case Operation::kSltu:
      return a < b;
    case Operation::kXori:
    case Operation::kXor:
      return a ^ b;
    case Operation::kOri:
    case Operation::kOr:
      return a | b;
    case Operation::kAndi:
    case Operation::kAnd:
      return a & b;
    case Operation::kSlli:
    case Operation::kSll:
      return a << (b & 31);
    case Operation::kSrli:
    case Operation::kSrl:
      return a >> (b & 31);
    case Operation::kSrai:
    case Operation::kSra:
      return static_cast<uint32_t>(Signed(a) >> (b & 31));
    case Operation::kMul:
      return a * b;
    case Operation::kMulh:
      return static_cast<uint32_t>((int64_t{Signed(a)} * Signed(b)) >> 32);
    case Operation::kMulhsu:
      return static_cast<uint32_t>((int64_t{Signed(a)} * int64_t{b}) >> 32);
    case Operation::kMulhu:
      return static_cast<uint32_t>((uint64_t{a} * b) >> 32);
    case Operation::kDiv:
      if (b == 0) return 0xffffffff;
      if (a == 0x80000000 && b == 0xffffffff) return a;
      return static_cast<uint32_t>(Signed(a) / Signed(b));
    case Operation::kDivu:
      return b == 0 ? 0xffffffff : a / b;
    case Operation::kRem:
      if (b == 0) return a;
      if (a == 0x80000000 && b == 0xffffffff) return 0;
      return static_cast<uint32_t>(Signed(a) % Signed(b));
    case Operation::kRemu:
      return b == 0 ? a : a % b;
    default:
      return 0;
  }
}

bool IsTaken(Operation operation, uint32_t a, uint32_t b) {
  switch (operation) {
    case Operation::kBeq:
      return a == b;
    case Operation::kBne:
      return a != b;
    case Operation::kBlt:
      return Signed(a) < Signed(b);
    case Operation::kBge:
      return Signed(a) >= Signed(b);
    case Operation::kBltu:
      return a < b;
    case Operation::kBgeu:
      return a >= b;
    default:
      return false;
  }
}

Machine::Machine(const System& system, Uart& uart, MarkerListener& listener)
    : system_(system), uart_(uart), listener_(listener) {
  line_log2_ = static_cast<uint32_t>(__builtin_ctz(system.cache_line));
  const uint32_t instruction_lines = system.instruction_cache >> line_log2_;
  const uint32_t data_lines = system.data_cache >> line_log2_;
  instruction_mask_ = instruction_lines - 1;
  data_mask_ = data_lines - 1;
  instruction_tags_.assign(instruction_lines, kNoLine);
  data_tags_.assign(std::max(data_lines, 1u), kNoLine);
  history_.assign(kHistoryEntries, 2);
  if (system.memory_port) data_cache_.resize(system.data_cache);
  for (const Region& region : system.rams) {
    rams_.push_back(
        {region, std::vector<uint8_t>(region.bytes), Reserve<Instruction>(region.bytes / 4)});
    const Region& largest = system.rams[largest_ram_];
    if (!region.is_rom && (largest.is_rom || region.bytes > largest.bytes)) {
      largest_ram_ = static_cast<uint32_t>(rams_.size() - 1);
    }
  }
  const auto find = [&](const char* name, uint32_t& address) {
    const auto found = system.registers.find(name);
    if (found != system.registers.end()) address = found->second;
  };
  find("ctrl_reset", ctrl_reset_);
  find("ctrl_scratch", ctrl_scratch_);
  find("uart_rxtx", uart_rxtx_);
  find("uart_txfull", uart_txfull_);
  find("uart_rxempty", uart_rxempty_);
  find("uart_ev_status", uart_ev_status_);
  find("uart_ev_pending", uart_ev_pending_);
  find("uart_ev_enable", uart_ev_enable_);
  find("uart_txempty", uart_txempty_);
  find("uart_rxfull", uart_rxfull_);
  cfu_enabled_ = !system.cfu_enable;
  cfu_.Reset();
  cfu_.Reset();
}

Machine::~Machine() {
  for (const Ram& ram : rams_) munmap(ram.code, ram.region.bytes / 4 * sizeof(Instruction));
}

int Machine::RamOf(uint32_t address) const {
  for (size_t i = 0; i < rams_.size(); ++i) {
    if (rams_[i].region.Contains(address)) return static_cast<int>(i);
  }
  return -1;
}

bool Machine::Read(uint32_t address, uint8_t* to, uint32_t bytes) const {
  const int ram = RamOf(address);
  if (ram < 0 || bytes > rams_[ram].region.bytes - (address - rams_[ram].region.origin)) {
    return false;
  }
  std::memcpy(to, &rams_[ram].bytes[address - rams_[ram].region.origin], bytes);
  return true;
}

bool Machine::Write(uint32_t address, const uint8_t* from, uint32_t bytes) {
  const int ram = RamOf(address);
  if (ram < 0 || bytes > rams_[ram].region.bytes - (address - rams_[ram].region.origin)) {
    return false;
  }
  std::memcpy(&rams_[ram].bytes[address - rams_[ram].region.origin], from, bytes);
  return true;
}

const Instruction& Machine::Code(uint32_t pc) const {
  static const Instruction kNothing = Decode(0, System{});
  const int ram = RamOf(pc);
  return ram < 0 ? kNothing : rams_[ram].code[(pc - rams_[ram].region.origin) >> 2];
}

void Machine::Stop(const char* kind, uint32_t pc, uint32_t address) {
  if (ending != Ending::kNone) return;
  ending = Ending::kFault;
  fault = {kind, pc, address};
}

// ---- Loads and stores. ----

void Machine::Remember(uint32_t address, uint32_t data, const Instruction& code) {
  recent[recent_count++ & 15] = {address, data, code.is_store,
                                 static_cast<uint8_t>(1u << code.size_log2)};
}

Executed Machine::Classify(uint32_t pc, uint32_t address, const Instruction& code, bool doomed) {
  Executed executed;
  if ((address & ((1u << code.size_log2) - 1)) != 0) {
    executed.access = Access::kMisaligned;
    return executed;
  }
  const bool cached = system_.data_cache != 0 && Signed(address) >= 0;
  if (cached) {
    const uint32_t line = address >> line_log2_;
    executed.access = data_tags_[line & data_mask_] == line ? Access::kHit : Access::kMiss;
  } else {
    executed.access = Access::kUncached;
  }
  if (!cached && system_.csr.Contains(address)) {
    executed.slave = kCsrSlave;
    return executed;
  }
  const int ram = RamOf(address);
  if (ram < 0) {
    if (!doomed) Stop(code.is_store ? "store_unmapped" : "load_unmapped", pc, address);
    return executed;
  }
  if (code.is_store && rams_[ram].region.is_rom && !doomed) Stop("store_rom", pc, address);
  executed.slave = static_cast<uint8_t>(ram);
  return executed;
}

uint8_t Machine::Overlaps(uint8_t in_memory, uint8_t in_write_back) const {
  // Of the access just remembered, with older stores; by then one more access has been made.
  const MemoryAccess& load = Recent(0);
  const auto overlaps = [&](uint8_t distance_plus_1) {
    if (distance_plus_1 == 0) return false;
    const MemoryAccess& store = Recent(distance_plus_1);
    return load.address < store.address + store.bytes && store.address < load.address + load.bytes;
  };
  return static_cast<uint8_t>(overlaps(in_memory) | overlaps(in_write_back) << 1);
}

void Machine::TouchMemory() {
  awaits_cfu_ = false;
  const Touch& touch = touch_;
  Ram& ram = rams_[touch.ram];
  uint8_t* bytes = &ram.bytes[touch.address - ram.region.origin];
  const bool keeps_bytes = !data_cache_.empty();
  if (touch.is_store) {
    std::memcpy(bytes, &touch.data, touch.bytes);
    if (touch.hits && keeps_bytes) {
      std::memcpy(CachedBytes(touch.address), &touch.data, touch.bytes);
    }
    return;
  }
  if (touch.fills && keeps_bytes) {
    const uint32_t begin = touch.address >> line_log2_ << line_log2_;
    std::memcpy(CachedBytes(begin), bytes - (touch.address - begin), system_.cache_line);
  }
  if (touch.hits && keeps_bytes) bytes = CachedBytes(touch.address);
  uint32_t value = 0;
  std::memcpy(&value, bytes, touch.bytes);
  Set(touch.rd, Extend(value, touch.operation));
}

Executed Machine::Load(uint32_t pc, const Instruction& code, uint8_t in_memory,
                       uint8_t in_write_back, bool doomed, bool behind_cfu) {
  const uint32_t address = x[code.rs1] + static_cast<uint32_t>(code.immediate);
  Executed executed = Classify(pc, address, code, doomed);
  Remember(address, 0, code);
  if (executed.access == Access::kMisaligned) return executed;
  if (executed.slave == kCsrSlave) return executed;
  const int ram = RamOf(address);
  if (ram < 0) return executed;
  if (executed.access == Access::kUncached && system_.data_cache != 0) return executed;
  const bool hits = executed.access == Access::kHit;
  const bool fills = executed.access == Access::kMiss && !doomed;
  if (fills) {
    const uint32_t line = address >> line_log2_;
    data_tags_[line & data_mask_] = line;
  }
  touch_ = {address,
            0,
            code.operation,
            code.rd,
            static_cast<uint8_t>(1u << code.size_log2),
            static_cast<uint8_t>(ram),
            false,
            hits,
            fills};
  awaits_cfu_ = behind_cfu;
  if (!behind_cfu) TouchMemory();
  if (hits) executed.overlaps = Overlaps(in_memory, in_write_back);
  return executed;
}

Executed Machine::Store(uint32_t pc, const Instruction& code, bool doomed, bool behind_cfu) {
  const uint32_t address = x[code.rs1] + static_cast<uint32_t>(code.immediate);
  Executed executed = Classify(pc, address, code, doomed);
  Remember(address, Lanes(x[code.rs2], code.size_log2), code);
  if (executed.access == Access::kMisaligned || executed.slave == kCsrSlave || doomed) {
    return executed;
  }
  const int ram = RamOf(address);
  if (ram < 0) return executed;
  touch_ = {address,
            x[code.rs2],
            code.operation,
            0,
            static_cast<uint8_t>(1u << code.size_log2),
            static_cast<uint8_t>(ram),
            true,
            executed.access == Access::kHit,
            false};
  awaits_cfu_ = behind_cfu;
  if (!behind_cfu) TouchMemory();
  return executed;
}

uint8_t Machine::MemoryAgain(uint8_t distance, const Instruction& code, uint8_t in_memory,
                             uint8_t in_write_back, Access access) {
  const MemoryAccess again = Recent(distance);
  recent[recent_count++ & 15] = again;
  if (!code.is_load || access != Access::kHit) return 0;
  return Overlaps(in_memory, in_write_back);
}

Executed Machine::Execute(uint32_t pc, const Instruction& code, uint8_t in_memory,
                          uint8_t in_write_back, bool doomed, bool behind_cfu) {
  Executed executed;
  const uint32_t a = x[code.rs1], b = x[code.rs2];
  const uint32_t immediate = static_cast<uint32_t>(code.immediate);
  switch (code.operation) {
    case Operation::kUnknown:
    case Operation::kNothing:
    case Operation::kCsr:
      return executed;
    case Operation::kLui:
      Set(code.rd, immediate);
      return executed;
    case Operation::kAuipc:
      Set(code.rd, pc + immediate);
      return executed;
    case Operation::kJal:
      executed.taken = true;
      if (!JumpTraps(immediate)) Set(code.rd, pc + 4);
      return executed;
    case Operation::kJalr:
      executed.taken = true;
      executed.target = (a + immediate) & ~1u;
      if (!JumpTraps(executed.target)) Set(code.rd, pc + 4);
      return executed;
    case Operation::kBeq:
    case Operation::kBne:
    case Operation::kBlt:
    case Operation::kBge:
    case Operation::kBltu:
    case Operation::kBgeu:
      executed.taken = IsTaken(code.operation, a, b);
      return executed;
    case Operation::kLb:
    case Operation::kLh:
    case Operation::kLw:
    case Operation::kLbu:
    case Operation::kLhu:
    case Operation::kSb:
    case Operation::kSh:
    case Operation::kSw:
      executed = code.is_load ? Load(pc, code, in_memory, in_write_back, doomed, behind_cfu)
                              : Store(pc, code, doomed, behind_cfu);
      if (executed.access == Access::kMisaligned && !doomed) before_trap_ = x;
      return executed;
    case Operation::kCfu:
      cfu_function_ = (code.word >> 25) << 3 | (code.word >> 12 & 7);
      cfu_input_0_ = a;
      cfu_input_1_ = b;
      return executed;
    default:
      break;
  }
  const bool with_immediate =
      code.operation >= Operation::kAddi && code.operation <= Operation::kSrai;
  const uint32_t second = with_immediate ? immediate : b;
  if (code.is_shift) executed.shift = second & 31;
  const uint32_t value = Compute(code.operation, a, second);
  if (code.rd == 2 && value < system_.stack_limit && x[2] >= system_.stack_limit &&
      RamOf(value) == RamOf(x[2]) && !doomed) {
    Stop("stack_overflow", pc, value);
  }
  Set(code.rd, value);
  return executed;
}

// ---- The CFU. ----

CfuAnswer Machine::CfuTick(uint64_t cycle, bool command, bool response_ready, bool granted,
                           bool acknowledged) {
  if (cycle > cfu_cycle_ && !cfu_.Idle(cycle - cfu_cycle_)) Stop("cfu_response", 0, 0);
  cfu_cycle_ = cycle + 1;
  CfuInputs inputs{command, cfu_function_, cfu_input_0_, cfu_input_1_, response_ready};
  inputs.bus_acknowledge = acknowledged;
  if (acknowledged && cfu_word_ != nullptr) std::memcpy(&inputs.bus_data, cfu_word_, 4);
  // Whether it has come to rest is looked at ever less often.
  const bool looks = system_.memory_port && cfu_quiet_ >= 16 && !(cfu_quiet_ & (cfu_quiet_ - 1));
  const CfuOutputs outputs = looks ? cfu_.TickAndLook(inputs) : cfu_.Tick(inputs);
  cfu_result_ = outputs.result;
  if (response_ready) cfu_latched_ = outputs.result;
  CfuAnswer answer;
  answer.command_ready = outputs.command_ready;
  answer.response_valid = outputs.response_valid;
  if (system_.memory_port) {
    const bool quiet = !command && !outputs.response_valid && !outputs.bus_cycle;
    answer.at_rest = looks && quiet && cfu_.is_settled();
    cfu_quiet_ = quiet ? cfu_quiet_ + 1 : 0;
    CfuBus(outputs, granted, answer);
  }
  return answer;
}

void Machine::CfuBus(const CfuOutputs& outputs, bool granted, CfuAnswer& answer) {
  constexpr uint8_t kBurst = 0b010;
  answer.bus_cycle = outputs.bus_cycle;
  answer.bus_strobe = outputs.bus_strobe;
  answer.bus_burst = outputs.bus_cti == kBurst;
  if (!granted || !outputs.bus_cycle || !outputs.bus_strobe) {
    burst_latched_ = false;
    return;
  }
  const bool counts = answer.bus_burst && burst_latched_;
  const uint32_t word = counts ? burst_address_ : outputs.bus_address;
  burst_address_ = counts ? word + 1 : word + !outputs.bus_write;
  burst_latched_ = answer.bus_burst;
  if (answer.bus_burst && outputs.bus_bte != 0) Stop("cfu_wrapping_burst", 0, word * 4);
  const int ram = RamOf(outputs.bus_address * 4);
  if (ram < 0) {
    Stop(outputs.bus_write ? "cfu_store_unmapped" : "cfu_load_unmapped", 0,
         outputs.bus_address * 4);
    return;
  }
  if (outputs.bus_write && rams_[ram].region.is_rom) {
    Stop("cfu_store_rom", 0, outputs.bus_address * 4);
    return;
  }
  answer.slave = static_cast<uint8_t>(ram);
  // Addresses of a block RAM go round.
  const uint32_t offset = (word * 4 - rams_[ram].region.origin) & (rams_[ram].region.bytes - 1);
  cfu_word_ = &rams_[ram].bytes[offset];
  if (!outputs.bus_write) return;
  for (int byte = 0; byte < 4; ++byte) {
    if (outputs.bus_select >> byte & 1) {
      cfu_word_[byte] = static_cast<uint8_t>(outputs.bus_data >> (8 * byte));
    }
  }
}

// ---- LiteX's registers. ----

uint32_t Machine::ReadRegister(uint64_t cycle, uint32_t address) {
  if (address == ctrl_scratch_) return scratch_;
  if (address == ctrl_reset_) return reset_register_;
  if (address == uart_rxtx_) return uart_.ReadReceived(cycle);
  if (address == uart_txfull_) return uart_.TransmitFull(cycle);
  if (address == uart_rxempty_) return uart_.ReceiveEmpty(cycle);
  if (address == uart_ev_status_) return uart_.EventStatus(cycle);
  if (address == uart_ev_pending_) return uart_.EventPending(cycle);
  if (address == uart_ev_enable_) return uart_.EventEnable();
  if (address == uart_txempty_) return uart_.TransmitEmpty(cycle);
  if (address == uart_rxfull_) return uart_.ReceiveFull(cycle);
  return 0;
}

void Machine::WriteRegister(uint64_t cycle, uint32_t address, uint32_t value) {
  if (address == ctrl_scratch_) {
    if (value == scratch_) return;
    scratch_ = value;
    const Ending end = listener_.OnMarker(*this, value, cycle + 1);
    if (ending == Ending::kNone) ending = end;
  } else if (address == uart_rxtx_) {
    uart_.Transmit(cycle, static_cast<uint8_t>(value));
  } else if (address == uart_ev_pending_) {
    uart_.ClearEvents(cycle, value);
  } else if (address == uart_ev_enable_) {
    uart_.EnableEvents(value);
  } else if (address == ctrl_reset_) {
    if ((value & 3) != 0) Stop("reset", 0, address);
    reset_register_ = value & 3;
  }
}

void Machine::CsrAccess(uint64_t cycle, uint8_t distance) {
  const MemoryAccess& access = Recent(distance);
  const uint32_t address = access.address & ~3u;
  if (access.is_store) {
    WriteRegister(cycle, address, access.data);
  } else {
    register_value_ = ReadRegister(cycle, address);
  }
}

void Machine::UncachedLoad(const Instruction& code, uint8_t slave, uint8_t distance, bool keeps) {
  const MemoryAccess& access = Recent(distance);
  uint32_t word = register_value_;
  if (slave != kCsrSlave) {
    const Ram& ram = rams_[slave];
    std::memcpy(&word, &ram.bytes[(access.address & ~3u) - ram.region.origin], 4);
  }
  SetLate(code.rd, Extend(word >> (access.address & 3) * 8, code.operation), keeps);
}

// ---- Machine mode. ----

void Machine::Misaligned(uint32_t pc, bool is_store, uint8_t distance) {
  x = before_trap_;
  SetTrap(is_store ? 6 : 4, pc, Recent(distance).address);
}

uint32_t Machine::EnterTrap() {
  mepc_ = trap_.pc;
  mcause_ = trap_.cause;
  mtval_ = trap_.value;
  mstatus_ = 0x1800 | (mstatus_ & 8) << 4;
  return mtvec_ & ~3u;
}

uint32_t Machine::Return() {
  mstatus_ = (mstatus_ & 0x80) >> 4 | 0x80;
  return mepc_;
}

uint32_t Machine::ReadCsr(uint64_t cycle, uint64_t instructions_before, uint32_t number) const {
  const uint64_t cycles = cycle - cycle_offset_;
  const uint64_t retired =
      system_.counts_instructions ? instructions_before - instruction_offset_ : 0;
  switch (number) {
    case 0xb00:
    case 0xc00:
      return static_cast<uint32_t>(cycles);
    case 0xb80:
    case 0xc80:
      return static_cast<uint32_t>(cycles >> 32);
    case 0xb02:
    case 0xc02:
      return static_cast<uint32_t>(retired);
    case 0xb82:
    case 0xc82:
      return static_cast<uint32_t>(retired >> 32);
    default:
      break;
  }
  if (!system_.exceptions) return 0;
  switch (number) {
    case 0x300:
      return mstatus_;
    case 0x301:
      return misa_;
    case 0x304:
      return mie_;
    case 0x305:
      return mtvec_;
    case 0x340:
      return mscratch_;
    case 0x341:
      return mepc_;
    case 0x342:
      return mcause_;
    case 0x343:
      return mtval_;
    case 0xbc0:
      return system_.interrupts || system_.cfu_enable
                 ? (interrupt_mask_ & 0x7fffffff) | uint32_t{cfu_enabled_} << 31
                 : 0;
    case 0xcc0:
      if (system_.data_cache == 0) return 0;
      return system_.IsComplete() ? 0x1000 | 0x20 << 20
                                  : system_.data_cache | system_.cache_line << 20;
    case 0xf11:
      return 0xb;
    case 0xf12:
      return 0x16;
    case 0xf13:
      return 0x21;
    default:
      return 0;
  }
}

void Machine::WriteCsr(uint64_t cycle, uint64_t instructions_before, uint32_t number,
                       uint32_t value) {
  const bool writes_counters = system_.IsComplete();
  const uint64_t cycles = cycle - cycle_offset_;
  const uint64_t retired = instructions_before - instruction_offset_;
  constexpr uint64_t kLow = 0xffffffff;
  switch (number) {
    case 0xb00:  // it is written instead of counting on
      if (writes_counters) cycle_offset_ = cycle + 1 - ((cycles + 1) & ~kLow) - value;
      return;
    case 0xb80:
      if (writes_counters) {
        cycle_offset_ = cycle + 1 - (((cycles + 1) & kLow) | uint64_t{value} << 32);
      }
      return;
    case 0xb02:
      if (writes_counters) instruction_offset_ = instructions_before - (retired & ~kLow) - value;
      return;
    case 0xb82:
      if (writes_counters) {
        instruction_offset_ = instructions_before - ((retired & kLow) | uint64_t{value} << 32);
      }
      return;
    case 0xbc0:
      if (!system_.exceptions) return;
      if (system_.interrupts) interrupt_mask_ = value;
      if (system_.cfu_enable) cfu_enabled_ = value >> 31;
      return;
    default:
      break;
  }
  if (!system_.exceptions) return;
  switch (number) {
    case 0x300:
      mstatus_ = value & 0x1888;
      break;
    case 0x301:
      if (system_.IsComplete()) misa_ = value & 0xc3ffffff;
      break;
    case 0x304:
      if (system_.interrupts) mie_ = value & 0x888;
      break;
    case 0x305:
      mtvec_ = value;
      break;
    case 0x340:
      mscratch_ = value;
      break;
    case 0x341:
      mepc_ = value;
      break;
    case 0x342:
      mcause_ = value & 0x8000000f;
      break;
    case 0x343:
      mtval_ = value;
      break;
    default:
      break;
  }
  if ((mstatus_ & 8) != 0 && mie_ != 0) Stop("interrupts", 0, 0);
}

bool Machine::ExecuteCsr(uint64_t cycle, uint64_t instructions_before, const Instruction& code) {
  const uint32_t number = static_cast<uint32_t>(code.immediate);
  const uint32_t funct3 = code.word >> 12 & 7;
  const uint32_t field = code.word >> 15 & 31;
  const uint32_t operand = funct3 >= 4 ? field : x[field];
  const uint32_t before = ReadCsr(cycle, instructions_before, number);
  const bool writes = !((funct3 & 2) != 0 && field == 0);
  if (writes) {
    const uint32_t value = (funct3 & 3) == 1   ? operand
                           : (funct3 & 3) == 2 ? before | operand
                                               : before & ~operand;
    WriteCsr(cycle, instructions_before, number, value);
  }
  Set(code.rd, before);
  return cfu_enabled_;
}

// ---- Caches. ----

void Machine::FlushData() { std::fill(data_tags_.begin(), data_tags_.end(), kNoLine); }

uint8_t Machine::InstructionSlave(uint32_t line) {
  const int ram = RamOf(line);
  if (ram >= 0) return static_cast<uint8_t>(ram);
  Stop("fetch_unmapped", line, line);
  return 0;
}

void Machine::InstallInstructions(uint32_t line_address) {
  const int number = RamOf(line_address);
  if (number < 0) return;
  const Ram& ram = rams_[number];
  const uint32_t offset = line_address - ram.region.origin;
  for (uint32_t byte = 0; byte < 1u << line_log2_; byte += 4) {
    uint32_t word;
    std::memcpy(&word, &ram.bytes[offset + byte], 4);
    Instruction& known = ram.code[(offset + byte) / 4];
    if (known.operation != Operation::kUnknown && known.word == word) continue;
    if (known.operation != Operation::kUnknown) ++code_version;
    known = Decode(word, system_);
  }
  const uint32_t line = line_address >> line_log2_;
  instruction_tags_[line & instruction_mask_] = line;
}

void Machine::InvalidateInstructions() {
  std::fill(instruction_tags_.begin(), instruction_tags_.end(), kNoLine);
}

void Machine::UpdateHistory(uint32_t pc, uint8_t value, bool right) {
  history_[HistoryIndex(pc)] = right ? static_cast<uint8_t>(value + (value != 3))
                                     : static_cast<uint8_t>(value - (value != 0));
}
