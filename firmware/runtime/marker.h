// Where the firmware is, written to the SoC controller's scratch register: event in bits 31:24,
// layer index in bits 23:0. A test bench follows it; on a board it costs one store.

#ifndef FIRMWARE_RUNTIME_MARKER_H_
#define FIRMWARE_RUNTIME_MARKER_H_

#include <cstdint>

namespace playground {

enum class MarkerEvent : uint32_t {
  kWaiting = 1,     // ready for the host's next command
  kLayerBegin = 2,  // just before a layer's first instruction
  kLayerEnd = 3,    // just after its last one; its output tensors are in memory
  kExit = 4,        // the host said goodbye
  kTrap = 5,        // an exception was reported, nothing runs any more
};

constexpr uint32_t Marker(MarkerEvent event, uint32_t layer) {
  return (static_cast<uint32_t>(event) << 24) | (layer & 0xFFFFFFu);
}
constexpr MarkerEvent MarkerEventOf(uint32_t marker) {
  return static_cast<MarkerEvent>(marker >> 24);
}
constexpr uint32_t MarkerLayerOf(uint32_t marker) { return marker & 0xFFFFFFu; }

}  // namespace playground

#endif  // FIRMWARE_RUNTIME_MARKER_H_
