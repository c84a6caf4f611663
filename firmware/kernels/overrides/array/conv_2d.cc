// CONV_2D: the rows of a window are consecutive bytes of the image, all of its channels.

#include "playground/conv_2d.h"

#include "dense.h"

namespace playground {

bool conv_2d(const Conv2DLayer& layer) {
  if (layer.filter_shape.Dims(3) != layer.input_shape.Dims(3)) return false;  // groups
  return array::RunConvolution(layer, 1);
}

}  // namespace playground
