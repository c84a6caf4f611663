// A Verilated CFU as the library that Renode's co-simulation loads and calls for each instruction.
//
// The interface is that of Renode's CoSimulationPlugin, `CoSimulatedCFU` and the classes that came
// before it: functions that Renode looks up by name, and one attached to it by a name that says its
// type. A CFU must attach nothing but `HandleSenderMessage`: Renode refuses what it does not
// expect.

#include <cinttypes>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>

#include "VCfu.h"
#include "verilated.h"

#define RENODE_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

// Numbers of Renode's `ActionType`, as far as a CFU meets them.
enum class Action : int32_t { kTickClock = 1, kResetPeripheral = 4, kLogMessage = 5 };

// Renode's `LogLevel`.
enum class LogLevel : uint64_t { kWarning = 2, kError = 3 };

// What `execute` leaves in its last argument.
enum class Status : int32_t { kOk = 0, kTimeout = 2 };

// Renode's `ProtocolMessage`. Versions before 1.16 know all but the last member, and neither read
// it nor make room for it.
#pragma pack(push, 2)
struct Message {
  int32_t action;
  uint64_t address;
  uint64_t data;
  int32_t peripheral;
};
#pragma pack(pop)
constexpr int32_t kNoPeripheral = -1;
constexpr size_t kSharedMessageBytes = 20;

// Cycles that a CFU may take for an instruction. A CPU would wait for ever.
constexpr uint64_t kPatienceCycles = 1'000'000;
constexpr int kResetCycles = 2;

using Receiver = void (*)(Message*);
Receiver receiver = nullptr;

void Send(Action action, uint64_t address, uint64_t data) {
  Message message{static_cast<int32_t>(action), address, data, kNoPeripheral};
  if (receiver != nullptr) receiver(&message);
}

// Renode takes a text as two messages: where it is and how long, then how important.
__attribute__((format(printf, 2, 3))) void Log(LogLevel level, const char* format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  Send(Action::kLogMessage, std::strlen(text), reinterpret_cast<uintptr_t>(text));
  Send(Action::kLogMessage, 0, static_cast<uint64_t>(level));
}

class Cfu {
 public:
  Cfu() : model_(&context_) {
    model_.cmd_valid = 0;
    model_.rsp_ready = 0;
    Reset();
  }
  ~Cfu() { model_.final(); }

  void Reset() {
    model_.cmd_valid = 0;
    model_.rsp_ready = 0;
    model_.reset = 1;
    for (int i = 0; i < kResetCycles; ++i) Tick();
    model_.reset = 0;
  }

  // Lets time pass between instructions. Cycles that instructions took are part of it.
  void Advance(uint64_t cycles) {
    for (; cycles > executed_; --cycles) Tick();
    executed_ = 0;
  }

  // Does what the CPU's pipeline does with an instruction. Returns whether it was answered; if not
  // the CFU is reset, as whatever it answers later belongs to no instruction.
  bool Execute(uint32_t function, uint32_t input_0, uint32_t input_1, uint32_t& result) {
    model_.cmd_payload_function_id = function & 0x3FF;
    model_.cmd_payload_inputs_0 = input_0;
    model_.cmd_payload_inputs_1 = input_1;
    model_.cmd_valid = 1;
    model_.rsp_ready = 1;
    for (uint64_t cycle = 0; cycle < kPatienceCycles; ++cycle) {
      model_.clk = 0;
      model_.eval();
      // What the rising edge is about to take.
      const bool accepted = model_.cmd_valid && model_.cmd_ready;
      const bool answered = model_.rsp_valid && (accepted || !model_.cmd_valid);
      if (answered) result = model_.rsp_payload_outputs_0;
      model_.clk = 1;
      model_.eval();
      ++executed_;
      if (accepted) model_.cmd_valid = 0;
      if (answered) {
        model_.rsp_ready = 0;
        return true;
      }
    }
    Reset();
    return false;
  }

 private:
  void Tick() {
    model_.clk = 0;
    model_.eval();
    model_.clk = 1;
    model_.eval();
  }

  VerilatedContext context_;
  VCfu model_;
  uint64_t executed_ = 0;  // cycles since time passed last
};

// Renode's clock runs in another thread than its CPU.
std::mutex mutex;
std::unique_ptr<Cfu> cfu;

}  // namespace

// Called when the library is loaded, with the function to send messages to.
RENODE_EXPORT void renode_external_attach__ActionIntPtr__HandleSenderMessage(Receiver function) {
  receiver = function;
}

RENODE_EXPORT void initialize_native() {
  const std::lock_guard<std::mutex> lock(mutex);
  cfu = std::make_unique<Cfu>();
}

RENODE_EXPORT void reset_peripheral() {
  const std::lock_guard<std::mutex> lock(mutex);
  if (cfu) cfu->Reset();
}

RENODE_EXPORT uint64_t execute(uint32_t function, uint32_t input_0, uint32_t input_1,
                               int32_t* status) {
  uint32_t result = 0;
  bool answered = false;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    answered = cfu && cfu->Execute(function, input_0, input_1, result);
  }
  *status = static_cast<int32_t>(answered ? Status::kOk : Status::kTimeout);
  if (!answered) {
    Log(LogLevel::kError, "no answer to CFU function 0x%03" PRIx32 " in %" PRIu64 " cycles",
        function, kPatienceCycles);
  }
  return result;
}

RENODE_EXPORT void handle_request(const void* request) {
  Message message{};
  std::memcpy(&message, request, kSharedMessageBytes);
  switch (static_cast<Action>(message.action)) {
    case Action::kTickClock: {
      {
        const std::lock_guard<std::mutex> lock(mutex);
        if (cfu) cfu->Advance(message.data);
      }
      Send(Action::kTickClock, 0, 0);
      return;
    }
    case Action::kResetPeripheral:
      reset_peripheral();
      return;
    default:
      Log(LogLevel::kWarning, "a CFU has no use for action %" PRId32, message.action);
  }
}
