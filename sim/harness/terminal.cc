#include "terminal.h"

// The kernel's view of terminals, which knows rates that the C library's has no names for.
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <deque>

#include "baud.h"
#include "firmware/runtime/marker.h"

namespace {

// Cycles between looks at the pseudo-terminal.
constexpr uint64_t kPollInterval = 512;
// Cycles without a byte after which a firmware that waits for a command does nothing else.
constexpr uint64_t kRestAfter = 32'000'000;
constexpr int kIdleMilliseconds = 20;
constexpr size_t kBufferBytes = 4096;

class Terminal {
 public:
  Terminal(Simulation& simulation, const Options& options)
      : simulation_(simulation), soc_(simulation.soc()), options_(options) {}

  void Run() {
    while (!IsConnected() && HasParent()) Wait(0);
    soc_.serial_source_ready = 0;
    soc_.serial_sink_valid = 0;
    while (HasParent()) {
      for (uint64_t i = 0; i < kPollInterval; ++i) Cycle();
      Exchange();
    }
  }

 private:
  void Cycle() {
    const uint64_t now = simulation_.cycles();
    soc_.serial_source_ready = now >= next_sent_ && to_host_.size() < kBufferBytes;
    const bool due = now >= kResetCycles && now >= next_received_ && !from_host_.empty();
    soc_.serial_sink_valid = due;
    if (due) soc_.serial_sink_data = from_host_.front();
    simulation_.FallingEdge();
    if (soc_.serial_source_valid && soc_.serial_source_ready) {
      to_host_.push_back(soc_.serial_source_data);
      last_byte_ = now;
      next_sent_ = now + options_.byte_cycles;
    }
    // A line does not wait: when each byte has its time, one that finds no room is lost.
    if (due && (soc_.serial_sink_ready || options_.byte_cycles != 0)) {
      from_host_.pop_front();
      last_byte_ = now;
      next_received_ = now + options_.byte_cycles;
    }
    simulation_.RisingEdge();
  }

  // Moves bytes between the queues and the pseudo-terminal.
  void Exchange() {
    if (!IsConnected()) {
      to_host_.clear();
      from_host_.clear();
      if (IsIdle()) Wait(0);
      return;
    }
    while (!to_host_.empty()) {
      const uint8_t byte = Garble(to_host_.front(), options_.baud, host_baud_);
      if (write(options_.terminal, &byte, 1) != 1) break;
      to_host_.pop_front();
    }
    if (!from_host_.empty()) return;
    if (to_host_.empty() && IsIdle()) Wait(POLLIN);
    uint8_t buffer[kBufferBytes];
    const ssize_t count = read(options_.terminal, buffer, sizeof(buffer));
    for (ssize_t i = 0; i < count; ++i) {
      from_host_.push_back(Garble(buffer[i], host_baud_, options_.baud));
    }
  }

  // Whether somebody has opened the other side and set it up for bytes.
  bool IsConnected() {
    pollfd state{options_.terminal, 0, 0};
    if (poll(&state, 1, 0) > 0 && (state.revents & POLLHUP) != 0) return false;
    termios2 settings{};
    if (ioctl(options_.terminal, TCGETS2, &settings) != 0) return false;
    host_baud_ = options_.baud == 0 ? 0 : settings.c_ospeed;
    return (settings.c_lflag & (ICANON | ECHO)) == 0;
  }

  // Whether the program that started this one is still there; otherwise nobody would end it.
  bool HasParent() const { return getppid() == parent_; }

  // Whether nothing happens in the SoC until a byte comes, so that its clock may as well rest.
  bool IsIdle() const {
    return playground::MarkerEventOf(soc_.marker) == playground::MarkerEvent::kWaiting &&
           simulation_.cycles() - last_byte_ > kRestAfter;
  }

  void Wait(short events) const {
    pollfd state{options_.terminal, events, 0};
    if (events == 0) {
      usleep(kIdleMilliseconds * 1000);
    } else {
      poll(&state, 1, kIdleMilliseconds);
    }
  }

  Simulation& simulation_;
  Vsoc& soc_;
  const Options& options_;
  const pid_t parent_ = getppid();
  uint32_t host_baud_ = 0;
  std::deque<uint8_t> from_host_;
  std::deque<uint8_t> to_host_;
  uint64_t last_byte_ = 0;
  uint64_t next_sent_ = 0;
  uint64_t next_received_ = 0;
};

}  // namespace

void RunTerminal(Simulation& simulation, const Options& options) {
  Terminal(simulation, options).Run();
}
