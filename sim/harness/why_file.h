// The file of where each layer's cycles went.

#ifndef SIM_HARNESS_WHY_FILE_H_
#define SIM_HARNESS_WHY_FILE_H_

#include <array>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "tally.h"

// Writes what was counted in a layer: a line "layer INDEX", the cycles by cause as "causes ...",
// the events as "events ...", each in the order of their enumeration, then for CFU functions
// "cfu FUNCTION COMMANDS" and for addresses "pc ADDRESS ..." with cycles by cause.
//
// `from` and `to` are what was counted until the layer began, and until it ended.
inline void WriteWhy(std::FILE* file, uint32_t layer, const Tally& from, const Tally& to) {
  const auto write = [file](const auto& before, const auto& after) {
    for (size_t i = 0; i < after.size(); ++i) {
      std::fprintf(file, " %" PRIu64, after[i] - before[i]);
    }
    std::fprintf(file, "\n");
  };
  std::fprintf(file, "layer %u\ncauses", layer);
  write(from.causes, to.causes);
  std::fprintf(file, "events");
  write(from.events, to.events);
  for (const auto& [function, count] : to.cfu) {
    const auto before = from.cfu.find(function);
    const uint64_t more = count - (before == from.cfu.end() ? 0 : before->second);
    if (more != 0) std::fprintf(file, "cfu %u %" PRIu64 "\n", function, more);
  }
  const std::array<uint64_t, kCauses> none{};
  for (const auto& [pc, causes] : to.by_pc) {
    const auto found = from.by_pc.find(pc);
    const auto& before = found == from.by_pc.end() ? none : found->second;
    if (before == causes) continue;
    std::fprintf(file, "pc %u", pc);
    write(before, causes);
  }
}

#endif  // SIM_HARNESS_WHY_FILE_H_
