// MAX_POOL_2D: see the header, which other sets of kernels use as well.

#include "portable/max_pool_2d.h"

namespace playground {

bool max_pool_2d(const MaxPool2DLayer& layer) {
  portable::MaxPool2D(layer);
  return true;
}

}  // namespace playground
