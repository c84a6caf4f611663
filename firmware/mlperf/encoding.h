// What a model's input looks like on the serial line, and what its output means.

#ifndef FIRMWARE_MLPERF_ENCODING_H_
#define FIRMWARE_MLPERF_ENCODING_H_

namespace playground::mlperf {

enum class InputEncoding {
  kTensor,    // the bytes of the tensor itself
  kUnsigned,  // unsigned bytes, 128 more than the values of an int8 tensor
  kFloat,     // little-endian 32-bit floats, to be quantized
};

enum class Scoring {
  kOutputs,              // the real value of each output
  kReconstructionError,  // mean squared difference of input and output, both real
};

}  // namespace playground::mlperf

#endif  // FIRMWARE_MLPERF_ENCODING_H_
