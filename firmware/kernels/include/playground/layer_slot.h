// Static storage for a layer's struct, which the generated model fills at start-up.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_LAYER_SLOT_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_LAYER_SLOT_H_

#include <cstdint>
#include <new>

#include "playground/tflm.h"

namespace playground {

// Memory for a Layer that is neither constructed nor destroyed on its own, so that a static one is
// plain .bss.
template <typename Layer>
class LayerSlot {
 public:
  // Constructs the layer with every member zero.
  Layer& Construct() { return *new (bytes_) Layer(); }

  const Layer& Get() const { return *std::launder(reinterpret_cast<const Layer*>(bytes_)); }

 private:
  alignas(Layer) unsigned char bytes_[sizeof(Layer)];
};

// Gives a shape its dimensions; RuntimeShape has no assignment.
template <typename... Dim>
void SetShape(RuntimeShape& shape, Dim... dims) {
  const int32_t values[] = {static_cast<int32_t>(dims)..., 0};
  shape.ReplaceWith(static_cast<int>(sizeof...(dims)), values);
}

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_LAYER_SLOT_H_
