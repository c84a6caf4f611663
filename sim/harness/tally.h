// Counts of cycles by cause, and of events.

#ifndef SIM_HARNESS_TALLY_H_
#define SIM_HARNESS_TALLY_H_

#include <array>
#include <cstdint>
#include <map>
#include <unordered_map>

#include "causes.h"

// Of a CFU command: funct7 and funct3.
inline uint16_t CfuFunction(uint32_t word) {
  return static_cast<uint16_t>((word >> 25) << 3 | (word >> 12 & 7));
}

struct Tally {
  std::array<uint64_t, kCauses> causes{};
  std::array<uint64_t, kEvents> events{};
  std::map<uint16_t, uint64_t> cfu;  // commands by function
  // Causes by address: of the instruction in decode, of the jump that empties it, or of one shortly
  // before these.
  std::unordered_map<uint32_t, std::array<uint64_t, kCauses>> by_pc;
};

#endif  // SIM_HARNESS_TALLY_H_
