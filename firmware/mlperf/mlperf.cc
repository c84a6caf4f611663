// Answers the commands of MLPerf Tiny's runner on the UART.
//
// Differences to mlcommons/tiny's `benchmark/api`, all of them where it is undefined or unsafe:
// what is too long or out of range is answered with an error and has no other effect, inferences
// need a whole input, and an empty command is answered with `m-ready` alone.

#include "commands.h"
#include "inference.h"
#include "marker.h"
#include "playground/model.h"
#include "print.h"
#include "text.h"
#include "uart.h"

namespace playground {
namespace mlperf {
namespace {

constexpr uint32_t kBusy = 0;  // a marker without an event: a command is on its way or under way

// Collects the bytes of a command until its terminator.
class CommandBuffer {
 public:
  // Returns whether the command is complete. Ends of lines, which a person's terminal may send, are
  // no part of it.
  bool Add(char byte) {
    if (byte == kTerminator) return true;
    if (byte == '\r' || byte == '\n') return false;
    if (length_ < kMaxCommandBytes) text_[length_] = byte;
    if (length_ <= kMaxCommandBytes) ++length_;
    return false;
  }

  void ExecuteAndClear() {
    if (length_ > kMaxCommandBytes) {
      PutError("a command has at most ", kMaxCommandBytes, " characters");
    } else {
      text_[length_] = '\0';
      Execute(text_);
    }
    length_ = 0;
  }

 private:
  char text_[kMaxCommandBytes + 1];
  uint32_t length_ = 0;
};

[[noreturn]] void Serve() {
  static CommandBuffer buffer;
  for (;;) {
    PutLine("m-ready");
    WriteMarker(Marker(MarkerEvent::kWaiting, 0));
    auto byte = static_cast<char>(UartRead());
    WriteMarker(kBusy);
    while (!buffer.Add(byte)) byte = static_cast<char>(UartRead());
    buffer.ExecuteAndClear();
  }
}

// Hears nothing but `reset%`, all that is left to do after an exception.
[[noreturn]] void AwaitReset() {
  constexpr char kReset[] = {'r', 'e', 's', 'e', 't', kTerminator};
  uint32_t matching = 0;
  for (;;) {
    const auto byte = static_cast<char>(UartRead());
    if (byte != kReset[matching]) matching = 0;
    if (byte == kReset[matching]) ++matching;
    if (matching == sizeof(kReset)) {
      ResetSoc();
      matching = 0;
    }
  }
}

}  // namespace
}  // namespace mlperf

void Print(const char* text) { mlperf::PutLine("m-print-[", mlperf::Quoted{text}, "]"); }

void Print(int32_t value) {
  const uint32_t magnitude =
      value < 0 ? 0u - static_cast<uint32_t>(value) : static_cast<uint32_t>(value);
  mlperf::PutLine("m-print-[", value < 0 ? "-" : "", magnitude, "]");
}

}  // namespace playground

extern "C" [[noreturn]] void HandleTrap(uint32_t cause, uint32_t pc, uint32_t value,
                                        uint32_t /*ra*/, uint32_t /*sp*/) {
  using namespace playground;
  using mlperf::HexWord;
  mlperf::PutError("exception ", cause, " at ", HexWord{pc}, ", value ", HexWord{value},
                   ", in layer ", mlperf::RunningLayer());
  WriteMarker(Marker(MarkerEvent::kTrap, mlperf::RunningLayer()));
  mlperf::AwaitReset();
}

int main() {
  using namespace playground;
  PrepareLayers();
  mlperf::PutLine("m-timestamp-mode-performance");
  mlperf::PutTimestamp(mlperf::Microseconds());
  mlperf::PutLine("m-init-done");
  mlperf::Serve();
}
