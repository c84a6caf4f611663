// Runs a program on a CPU alone: memory and CFU are here, and as slow as a random number says.
//
// Usage: cpu_bench PROGRAM MEMORY_OUT WAIT SEED MAX_CYCLES
// The program lies at address 0, memory again at 0x90000000, where it is not cached. Bus and CFU
// port let up to WAIT cycles pass. A write to 0x80000000 ends the run, one to 0x80000004 sets the
// external interrupts. Standard output says how the run ended; then all memory is in MEMORY_OUT.

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "Vcpu.h"
#include "verilated.h"

namespace {

constexpr uint32_t kMemoryBytes = 1 << 18;
constexpr uint32_t kUncached = 0x90000000;
constexpr uint32_t kFinish = 0x80000000;
constexpr uint32_t kInterrupts = 0x80000004;

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2 + 1) {}
  uint32_t Below(uint32_t limit) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state_ >> 33) % limit;
  }

 private:
  uint64_t state_;
};

[[noreturn]] void Fail(const char* what, uint64_t cycle) {
  std::printf("failed: %s in cycle %" PRIu64 "\n", what, cycle);
  std::exit(0);
}

// Counts down the cycles until a request is answered, and checks that it stays until then.
class Wishbone {
 public:
  bool Answers(bool requested, uint32_t address, uint32_t write, uint32_t data, Random& random,
               uint32_t wait, uint64_t cycle) {
    if (pending_ && (!requested || address != address_ || write != write_ || data != data_)) {
      Fail("the bus master changed or dropped its request", cycle);
    }
    if (!requested) return false;
    if (!pending_) {
      pending_ = true;
      left_ = random.Below(wait + 1);
      address_ = address;
      write_ = write;
      data_ = data;
    }
    return left_ == 0;
  }
  void EndCycle(bool answered) {
    if (answered) pending_ = false;
    if (pending_) --left_;
  }

 private:
  bool pending_ = false;
  uint32_t left_ = 0, address_ = 0, write_ = 0, data_ = 0;
};

// Its functions are those of `cfu` in riscv.py, by funct3.
struct Cfu {
  uint32_t sum = 0;
  uint32_t last = 0;

  uint32_t Execute(uint32_t function, uint32_t a, uint32_t b, bool commit) {
    Cfu next = *this;
    uint32_t result = 0;
    switch (function & 7) {
      case 0:
        result = a + b + (function >> 3);
        break;
      case 1:
        result = next.sum = sum + a * b;
        break;
      case 2:
        result = last;
        next.last = a ^ b;
        break;
      default:
        result = __builtin_bswap32(a) ^ b;
        break;
    }
    if (commit) *this = next;
    return result;
  }
};

struct Response {
  uint64_t due;
  uint32_t value;
};

std::vector<uint8_t> ReadFile(const char* path) {
  std::FILE* file = std::fopen(path, "rb");
  std::vector<uint8_t> content(kMemoryBytes);
  if (file == nullptr || std::fread(content.data(), 1, kMemoryBytes, file) == 0) std::exit(1);
  std::fclose(file);
  return content;
}

class Bench {
 public:
  Bench(const char* program, uint32_t wait, uint64_t seed)
      : memory_(ReadFile(program)), wait_(wait), random_(seed) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed) + 1);
    cpu_ = std::make_unique<Vcpu>(&context_);
  }

  void Run(uint64_t max_cycles) {
    cpu_->externalResetVector = 0;
    cpu_->timerInterrupt = 0;
    cpu_->softwareInterrupt = 0;
    cpu_->externalInterruptArray = 0;
    while (!finished_) {
      cpu_->reset = cycle_ < 4;
      Cycle();
      if (++cycle_ == max_cycles) {
        std::printf("hangs at %08x\n", cpu_->iBusWishbone_ADR << 2);
        return;
      }
    }
    std::printf("finished %u after %" PRIu64 "\n", status_, cycle_);
  }

  void Save(const char* path) const {
    std::FILE* file = std::fopen(path, "wb");
    if (file == nullptr || std::fwrite(memory_.data(), 1, kMemoryBytes, file) != kMemoryBytes) {
      std::exit(1);
    }
    std::fclose(file);
  }

 private:
  void Cycle() {
    cpu_->clk = 0;
    cpu_->eval();
    const bool running = !cpu_->reset;
    const bool cfu_takes = random_.Below(wait_ + 1) == 0;
    const uint32_t cfu_latency = random_.Below(wait_ + 2);
    bool fetches = false, accesses = false, offers = false;
    // The CPU's outputs may depend on its inputs in the same cycle.
    for (int settling = 0; settling < 4; ++settling) {
      fetches = instructions_.Answers(running && cpu_->iBusWishbone_CYC && cpu_->iBusWishbone_STB,
                                      cpu_->iBusWishbone_ADR, 0, 0, random_, wait_, cycle_);
      accesses = data_.Answers(running && cpu_->dBusWishbone_CYC && cpu_->dBusWishbone_STB,
                               cpu_->dBusWishbone_ADR, cpu_->dBusWishbone_WE,
                               cpu_->dBusWishbone_WE ? cpu_->dBusWishbone_DAT_MOSI : 0, random_,
                               wait_, cycle_);
      cpu_->iBusWishbone_ACK = fetches;
      cpu_->dBusWishbone_ACK = accesses;
      cpu_->iBusWishbone_ERR = cpu_->dBusWishbone_ERR = 0;
      cpu_->iBusWishbone_DAT_MISO = fetches ? Word(cpu_->iBusWishbone_ADR << 2) : 0x5a5a5a5a;
      cpu_->dBusWishbone_DAT_MISO = accesses ? Word(cpu_->dBusWishbone_ADR << 2) : 0xa5a5a5a5;
      cpu_->CfuPlugin_bus_cmd_ready = cfu_takes;
      const bool commanded = running && cpu_->CfuPlugin_bus_cmd_valid;
      offers = !responses_.empty() && responses_.front().due <= cycle_;
      uint32_t offered = offers ? responses_.front().value : 0x12345678;
      if (responses_.empty() && commanded && cfu_takes && cfu_latency == 0) {
        offers = true;
        offered = Command(false);
      }
      cpu_->CfuPlugin_bus_rsp_valid = offers;
      cpu_->CfuPlugin_bus_rsp_payload_outputs_0 = offered;
      cpu_->eval();
    }
    if (running) CheckCommand();
    if (running && cpu_->CfuPlugin_bus_cmd_valid && cfu_takes) {
      responses_.push_back({cycle_ + cfu_latency, Command(true)});
    }
    if (offers && cpu_->CfuPlugin_bus_rsp_ready) responses_.pop_front();
    if (accesses && cpu_->dBusWishbone_WE) Write(cpu_->dBusWishbone_ADR << 2);
    instructions_.EndCycle(fetches);
    data_.EndCycle(accesses);
    cpu_->clk = 1;
    cpu_->eval();
  }

  uint32_t Command(bool commit) {
    return cfu_.Execute(cpu_->CfuPlugin_bus_cmd_payload_function_id,
                        cpu_->CfuPlugin_bus_cmd_payload_inputs_0,
                        cpu_->CfuPlugin_bus_cmd_payload_inputs_1, commit);
  }

  void CheckCommand() {
    const uint64_t command = static_cast<uint64_t>(cpu_->CfuPlugin_bus_cmd_payload_function_id)
                                 << 32 ^
                             cpu_->CfuPlugin_bus_cmd_payload_inputs_0 ^
                             static_cast<uint64_t>(cpu_->CfuPlugin_bus_cmd_payload_inputs_1) << 11;
    if (command_waits_ && (!cpu_->CfuPlugin_bus_cmd_valid || command != command_)) {
      Fail("the CPU changed or dropped a CFU command", cycle_);
    }
    command_waits_ = cpu_->CfuPlugin_bus_cmd_valid && !cpu_->CfuPlugin_bus_cmd_ready;
    command_ = command;
  }

  uint8_t* Find(uint32_t address) {
    if (address >= kUncached) address -= kUncached;
    return address < kMemoryBytes ? &memory_[address] : nullptr;
  }

  uint32_t Word(uint32_t address) {
    uint32_t word = 0xdeadbeef;
    const uint8_t* place = Find(address);
    if (place != nullptr) std::memcpy(&word, place, 4);
    return word;
  }

  void Write(uint32_t address) {
    const uint32_t value = cpu_->dBusWishbone_DAT_MOSI;
    if (address == kFinish) {
      finished_ = true;
      status_ = value;
    } else if (address == kInterrupts) {
      cpu_->externalInterruptArray = value;
    }
    uint8_t* place = Find(address);
    if (place == nullptr) return;
    for (int byte = 0; byte < 4; ++byte) {
      if (cpu_->dBusWishbone_SEL >> byte & 1) place[byte] = static_cast<uint8_t>(value >> 8 * byte);
    }
  }

  VerilatedContext context_;
  std::unique_ptr<Vcpu> cpu_;
  std::vector<uint8_t> memory_;
  uint32_t wait_;
  Random random_;
  Wishbone instructions_, data_;
  Cfu cfu_;
  std::deque<Response> responses_;
  bool command_waits_ = false;
  uint64_t command_ = 0;
  uint64_t cycle_ = 0;
  bool finished_ = false;
  uint32_t status_ = 0;
};

}  // namespace

int main(int, char** argv) {
  Bench bench(argv[1], static_cast<uint32_t>(std::atoi(argv[3])),
              std::strtoull(argv[4], nullptr, 0));
  bench.Run(std::strtoull(argv[5], nullptr, 0));
  bench.Save(argv[2]);
  return 0;
}
