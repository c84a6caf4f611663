// LiteX's UART between two queues, with a host that sends as fast as it can and takes all at once.

#ifndef SIM_FAST_UART_H_
#define SIM_FAST_UART_H_

#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

class Uart {
 public:
  Uart(uint32_t queue_bytes, std::vector<uint8_t> input, std::FILE* output)
      : queue_bytes_(queue_bytes), input_(std::move(input)), output_(output) {}

  // Registers, as a bus access in a cycle reads or writes them. Cycles never go back.
  uint32_t ReadReceived(uint64_t cycle) { return AdvanceTo(cycle), receive_.output; }
  uint32_t TransmitFull(uint64_t cycle) {
    return AdvanceTo(cycle), transmit_.level == queue_bytes_;
  }
  uint32_t ReceiveEmpty(uint64_t cycle) { return AdvanceTo(cycle), !receive_.readable; }
  uint32_t TransmitEmpty(uint64_t cycle) { return AdvanceTo(cycle), !transmit_.readable; }
  uint32_t ReceiveFull(uint64_t cycle) { return AdvanceTo(cycle), receive_.level == queue_bytes_; }
  uint32_t EventStatus(uint64_t cycle) {
    AdvanceTo(cycle);
    return (transmit_.level != queue_bytes_) | uint32_t{receive_.readable} << 1;
  }
  uint32_t EventPending(uint64_t cycle) {
    AdvanceTo(cycle);
    return uint32_t{transmit_pending_} | uint32_t{receive_pending_} << 1;
  }
  uint32_t EventEnable() const { return enable_; }

  void Transmit(uint64_t cycle, uint8_t byte) {
    AdvanceTo(cycle);
    Step(true, byte);
  }
  void ClearEvents(uint64_t cycle, uint32_t events) {
    AdvanceTo(cycle);
    Step(false, 0);
    clear_ = events & 3;  // seen a cycle later
    settled_ = false;
  }
  void EnableEvents(uint32_t events) { enable_ = events & 3; }

  // Hands over what is in the queues until a cycle, the last one of all.
  void Finish(uint64_t cycle) { AdvanceTo(cycle); }

 private:
  // A queue with a register behind it.
  struct Queue {
    std::vector<uint8_t> bytes;
    size_t first = 0;
    uint32_t level = 0;
    bool readable = false;
    uint8_t output = 0;
  };

  void AdvanceTo(uint64_t cycle);
  void Step(bool transmit, uint8_t byte);
  void StepQueue(Queue& queue, bool write, uint8_t byte, bool take);

  uint32_t queue_bytes_;
  std::vector<uint8_t> input_;
  size_t input_position_ = 0;
  std::FILE* output_;
  Queue transmit_, receive_;
  bool transmit_pending_ = false, receive_pending_ = false;
  bool transmit_ready_before_ = false, receive_readable_before_ = false;
  uint32_t clear_ = 0;
  uint32_t enable_ = 0;
  uint64_t cycle_ = 0;
  bool settled_ = false;
};

#endif  // SIM_FAST_UART_H_
