// What a serial line's two ends make of each other when their rates differ.

#ifndef SIM_HARNESS_BAUD_H_
#define SIM_HARNESS_BAUD_H_

#include <cstdint>

// Returns what a receiver reads that samples a byte's bits at their middle, counting from the start
// bit's edge at its own rate. Rates that differ by less than five per cent do no harm; a rate of 0
// fits any.
constexpr uint8_t Garble(uint8_t byte, uint32_t sent_baud, uint32_t received_baud) {
  if (sent_baud == 0 || received_baud == 0) return byte;
  uint8_t received = 0;
  for (uint32_t bit = 0; bit < 8; ++bit) {
    // The middle of data bit 0 is one and a half bits behind the edge.
    const uint64_t position = (uint64_t{2 * bit + 3} * sent_baud) / (uint64_t{2} * received_baud);
    const bool is_high = position > 8 || (position > 0 && ((byte >> (position - 1)) & 1) != 0);
    received |= static_cast<uint8_t>(is_high) << bit;
  }
  return received;
}

#endif  // SIM_HARNESS_BAUD_H_
