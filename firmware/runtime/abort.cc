// What TensorFlow Lite Micro's kernels call when they are given what they cannot handle.

extern "C" [[noreturn]] void abort() {
  asm volatile("ebreak");  // is reported as an exception, with the caller's address
  for (;;) {
  }
}
