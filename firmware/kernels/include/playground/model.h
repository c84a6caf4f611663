// The interface of a generated model: what the runtime needs to run it layer by layer.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_MODEL_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_MODEL_H_

#include <cstdint>

namespace playground {

// Where a tensor's data is and how long it is.
struct TensorRef {
  void* data;
  uint32_t bytes;
};

// The graph's inputs and outputs, in the file's order.
extern const TensorRef kInputs[];
extern const uint32_t kInputCount;
extern const TensorRef kOutputs[];
extern const uint32_t kOutputCount;

extern const uint32_t kLayerCount;

// Fills the layers' structs. To be called once, before the first layer runs.
void PrepareLayers();

// Runs one layer; layers run in the order of their indices. Returns true if the override ran it,
// false if the reference kernel did.
bool RunLayer(uint32_t index);

// Every tensor that is not constant, and scratch memory.
extern uint8_t kArena[];
extern const uint32_t kArenaBytes;

// Every constant, each at a multiple of 16 bytes.
extern "C" const uint8_t playground_constants[];

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_MODEL_H_
