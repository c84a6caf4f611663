#include "pipeline.h"

bool Pipeline::IsCsrLegal(const Instruction& instruction) const {
  const uint32_t number = static_cast<uint32_t>(instruction.immediate);
  const uint32_t kind = instruction.word >> 12 & 3;
  const bool reads = !(kind == 1 && instruction.rd == 0);
  const bool complete = system_.IsComplete();
  switch (number) {
    case 0xcc0:
      return system_.data_cache != 0 && reads;
    case 0xf11:
    case 0xf12:
    case 0xf13:
    case 0xf14:
      return reads;
    case 0xfc0:
      return reads;
    case 0xc00:
    case 0xc80:
    case 0xc02:
    case 0xc82:
      return complete ? reads : true;
    case 0x300:
    case 0x301:
    case 0x304:
    case 0x305:
    case 0x340:
    case 0x341:
    case 0x342:
    case 0x343:
    case 0x344:
    case 0xb00:
    case 0xb80:
    case 0xb02:
    case 0xb82:
    case 0xbc0:
      return true;
    default:
      return false;
  }
}
