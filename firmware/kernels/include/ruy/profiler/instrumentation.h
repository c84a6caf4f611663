// The profiler's scope label, which some of TensorFlow Lite Micro's headers name, doing nothing.

#ifndef FIRMWARE_KERNELS_INCLUDE_RUY_PROFILER_INSTRUMENTATION_H_
#define FIRMWARE_KERNELS_INCLUDE_RUY_PROFILER_INSTRUMENTATION_H_

namespace ruy {
namespace profiler {

class ScopeLabel {
 public:
  template <typename... Args>
  explicit ScopeLabel(Args...) {}
};

}  // namespace profiler
}  // namespace ruy

#endif  // FIRMWARE_KERNELS_INCLUDE_RUY_PROFILER_INSTRUMENTATION_H_
