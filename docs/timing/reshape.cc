// RESHAPE: three commands of each instruction in a row. The layer itself is left to the reference.

#include "playground/reshape.h"

#include "cfu.h"

namespace playground {

bool reshape([[maybe_unused]] const ReshapeLayer& layer) {
  uint32_t a = 1, b = 2, c = 3;
  // The second time all is in the instruction cache.
#pragma clang loop unroll(disable)
  for (int turn = 0; turn < 2; ++turn) {
    asm volatile("" : "+r"(a), "+r"(b), "+r"(c));  // Operands wait in registers.
    asm volatile(".rept 8\n nop\n .endr");
    cfu::add_now(a, a), cfu::add_now(b, b), cfu::add_now(c, c);
    asm volatile(".rept 8\n nop\n .endr");
    cfu::add_1(a, a), cfu::add_1(b, b), cfu::add_1(c, c);
    asm volatile(".rept 8\n nop\n .endr");
    cfu::add_4(a, a), cfu::add_4(b, b), cfu::add_4(c, c);
    asm volatile(".rept 8\n nop\n .endr");
    cfu::add_slowly(a, a), cfu::add_slowly(b, b), cfu::add_slowly(c, c);
  }
  return false;
}

}  // namespace playground
