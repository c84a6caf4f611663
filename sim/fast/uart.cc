#include "uart.h"

namespace {

// The SoC resets itself for so many cycles, and the host begins to send after so many.
constexpr uint64_t kResetCycles = 2;
constexpr uint64_t kFirstByteCycle = 16;

}  // namespace

void Uart::StepQueue(Queue& queue, bool write, uint8_t byte, bool take) {
  const bool writes = write && queue.level != queue_bytes_;
  const bool reads = queue.level != 0 && (!queue.readable || take);
  if (reads) {
    queue.output = queue.bytes[queue.first++];
    queue.readable = true;
  } else if (take) {
    queue.readable = false;
  }
  if (writes) queue.bytes.push_back(byte);
  queue.level += writes;
  queue.level -= reads;
}

void Uart::Step(bool transmit, uint8_t byte) {
  const bool transmit_ready = transmit_.level != queue_bytes_;
  const bool receive_readable = receive_.readable;
  const uint32_t clear = clear_;
  clear_ = 0;
  if (transmit_.readable && output_ != nullptr) std::fputc(transmit_.output, output_);
  const bool host_sends = cycle_ >= kFirstByteCycle && input_position_ < input_.size();
  const bool received = host_sends && receive_.level != queue_bytes_;
  const uint8_t next = host_sends ? input_[input_position_] : 0;
  settled_ =
      !transmit && clear == 0 && transmit_.level == 0 && !transmit_.readable && !received &&
      (receive_.level == 0 || receive_.readable) && (cycle_ >= kFirstByteCycle || input_.empty()) &&
      transmit_ready == transmit_ready_before_ && receive_readable == receive_readable_before_;
  if (cycle_ >= kResetCycles) {
    if (clear & 1) transmit_pending_ = false;
    if (transmit_ready && !transmit_ready_before_) transmit_pending_ = true;
    if (clear & 2) receive_pending_ = false;
    if (receive_readable && !receive_readable_before_) receive_pending_ = true;
    transmit_ready_before_ = transmit_ready;
    receive_readable_before_ = receive_readable;
  }
  StepQueue(transmit_, transmit, byte, true);
  StepQueue(receive_, received, next, (clear & 2) != 0);
  input_position_ += received;
  ++cycle_;
}

void Uart::AdvanceTo(uint64_t cycle) {
  while (cycle_ < cycle) {
    if (settled_) {
      cycle_ = cycle;
      return;
    }
    Step(false, 0);
  }
}
