#include "playground/relu6.h"

#include <algorithm>

namespace playground::reference {

void relu6(const Relu6Layer& layer) {
  const int size = MatchingFlatSize(layer.input_shape, layer.output_shape);
  for (int i = 0; i < size; ++i) {
    layer.output_data[i] = std::min(layer.six, std::max(layer.zero, layer.input_data[i]));
  }
}

}  // namespace playground::reference
