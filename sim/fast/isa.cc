#include "isa.h"

namespace {

// VexRiscv's list of legal instructions: some encodings that RISC-V reserves are legal.
bool IsLegal(uint32_t word) {
  constexpr uint32_t kLegal[][2] = {
      {0x0000005f, 0x00000017}, {0x0000007f, 0x0000006f}, {0x0000007f, 0x0000000b},
      {0x0000106f, 0x00000003}, {0x0000107f, 0x00001073}, {0x0000207f, 0x00002073},
      {0x0000407f, 0x00004063}, {0x0000207f, 0x00002013}, {0x0000603f, 0x00000023},
      {0x0000207f, 0x00000003}, {0x0000505f, 0x00000003}, {0x0000707b, 0x00000063},
      {0x0000607f, 0x0000000f}, {0xfc00007f, 0x00000033}, {0x01f0707f, 0x0000500f},
      {0xbc00707f, 0x00005013}, {0xfc00307f, 0x00001013}, {0xbe00707f, 0x00005033},
      {0xbe00707f, 0x00000033}, {0xdfffffff, 0x10200073}, {0xffffffff, 0x10500073},
      {0xffffffff, 0x00000073},
  };
  for (const auto& [mask, value] : kLegal) {
    if ((word & mask) == value) return true;
  }
  return false;
}

int32_t Signed(uint32_t value, int bits) {
  return static_cast<int32_t>(value << (32 - bits)) >> (32 - bits);
}

class Decoder {
 public:
  Decoder(uint32_t word, const System& system) : word_(word), system_(system) {
    decoded_.word = word;
  }

  Instruction Decoded() {
    decoded_.is_legal = IsLegal(word_) && !IsMissing();
    switch (word_ & 0x7f) {
      case 0x37:
        Register(Operation::kLui);
        decoded_.immediate = static_cast<int32_t>(word_ & 0xfffff000);
        break;
      case 0x17:
        Register(Operation::kAuipc);
        decoded_.immediate = static_cast<int32_t>(word_ & 0xfffff000);
        break;
      case 0x13:
        DecodeImmediate();
        break;
      case 0x33:
        DecodeRegisters();
        break;
      case 0x6f:
        Register(Operation::kJal);
        decoded_.branch = Branch::kJal;
        decoded_.has_side_effect = true;
        decoded_.immediate = Signed((Bits(31, 31) << 20) | (Bits(19, 12) << 12) |
                                        (Bits(20, 20) << 11) | (Bits(30, 21) << 1),
                                    21);
        break;
      case 0x67:
        Register(Operation::kJalr);
        decoded_.branch = Branch::kJalr;
        decoded_.has_side_effect = true;
        decoded_.rs1 = Bits(19, 15);
        decoded_.immediate = Signed(Bits(31, 20), 12);
        break;
      case 0x63:
        DecodeBranch();
        break;
      case 0x03:
        DecodeLoad();
        break;
      case 0x23:
        DecodeStore();
        break;
      case 0x0f:
        decoded_.operation = Operation::kNothing;
        decoded_.flushes_instructions = Funct3() == 1;
        decoded_.flushes_data = Funct3() == 5;
        break;
      case 0x73:
        DecodeSystem();
        break;
      case 0x0b:
        Register(Operation::kCfu);
        decoded_.rs1 = Bits(19, 15);
        decoded_.rs2 = Bits(24, 20);
        decoded_.is_cfu = true;
        decoded_.bypass_execute = false;
        break;
      default:
        decoded_.operation = Operation::kNothing;
    }
    return decoded_;
  }

 private:
  uint32_t Bits(int high, int low) const { return (word_ << (31 - high)) >> (31 - high + low); }
  uint32_t Funct3() const { return Bits(14, 12); }

  // Whether the core lacks what executes it.
  bool IsMissing() const {
    if (system_.multiplier == Multiplier::kNone) return (word_ & 0xfe00007f) == 0x02000033;
    if (system_.divider == Divider::kNone) return (word_ & 0xfe00407f) == 0x02004033;
    return false;
  }

  void Register(Operation operation) {
    decoded_.operation = operation;
    decoded_.rd = Bits(11, 7);
  }

  void Shift() {
    decoded_.is_shift = true;
    decoded_.bypass_execute = system_.shifter != Shifter::kLate;
  }

  void DecodeImmediate() {
    constexpr Operation kOperations[] = {
        Operation::kAddi, Operation::kSlli, Operation::kSlti, Operation::kSltiu,
        Operation::kXori, Operation::kSrli, Operation::kOri,  Operation::kAndi,
    };
    Register(kOperations[Funct3()]);
    decoded_.rs1 = Bits(19, 15);
    decoded_.immediate = Signed(Bits(31, 20), 12);
    if (Funct3() == 1 || Funct3() == 5) {
      Shift();
      decoded_.immediate = Bits(24, 20);
      if (Funct3() == 5 && Bits(30, 30)) decoded_.operation = Operation::kSrai;
    }
  }

  void DecodeRegisters() {
    constexpr Operation kBase[] = {
        Operation::kAdd, Operation::kSll, Operation::kSlt, Operation::kSltu,
        Operation::kXor, Operation::kSrl, Operation::kOr,  Operation::kAnd,
    };
    constexpr Operation kMultiply[] = {
        Operation::kMul, Operation::kMulh, Operation::kMulhsu, Operation::kMulhu,
        Operation::kDiv, Operation::kDivu, Operation::kRem,    Operation::kRemu,
    };
    const uint32_t funct3 = Funct3();
    decoded_.rs1 = Bits(19, 15);
    decoded_.rs2 = Bits(24, 20);
    if (Bits(25, 25)) {
      Register(kMultiply[funct3]);
      decoded_.is_multiply = funct3 < 4;
      decoded_.is_divide = funct3 >= 4;
      decoded_.bypass_execute = false;
      // The iterative multiplier has its product at the end of the memory stage, but the decoder
      // is the same for all.
      decoded_.bypass_memory = decoded_.is_divide;
      return;
    }
    Register(kBase[funct3]);
    if (funct3 == 0 && Bits(30, 30)) decoded_.operation = Operation::kSub;
    if (funct3 == 5 && Bits(30, 30)) decoded_.operation = Operation::kSra;
    if (funct3 == 1 || funct3 == 5) Shift();
  }

  void DecodeBranch() {
    constexpr Operation kOperations[] = {
        Operation::kBeq, Operation::kBne, Operation::kNothing, Operation::kNothing,
        Operation::kBlt, Operation::kBge, Operation::kBltu,    Operation::kBgeu,
    };
    decoded_.operation = kOperations[Funct3()];
    if (decoded_.operation == Operation::kNothing) return;
    decoded_.branch = Branch::kConditional;
    decoded_.has_side_effect = true;
    decoded_.rs1 = Bits(19, 15);
    decoded_.rs2 = Bits(24, 20);
    decoded_.immediate = Signed(
        (Bits(31, 31) << 12) | (Bits(7, 7) << 11) | (Bits(30, 25) << 5) | (Bits(11, 8) << 1), 13);
  }

  void DecodeLoad() {
    constexpr Operation kOperations[] = {
        Operation::kLb,  Operation::kLh,  Operation::kLw,      Operation::kNothing,
        Operation::kLbu, Operation::kLhu, Operation::kNothing, Operation::kNothing,
    };
    const Operation operation = kOperations[Funct3()];
    if (operation == Operation::kNothing) {
      decoded_.operation = operation;
      return;
    }
    Register(operation);
    decoded_.rs1 = Bits(19, 15);
    decoded_.immediate = Signed(Bits(31, 20), 12);
    decoded_.is_load = true;
    decoded_.has_side_effect = true;
    decoded_.size_log2 = Funct3() & 3;
    decoded_.bypass_execute = false;
    decoded_.bypass_memory = false;
  }

  void DecodeStore() {
    constexpr Operation kOperations[] = {Operation::kSb, Operation::kSh, Operation::kSw};
    if (Funct3() > 2) {
      decoded_.operation = Operation::kNothing;
      return;
    }
    decoded_.operation = kOperations[Funct3()];
    decoded_.rs1 = Bits(19, 15);
    decoded_.rs2 = Bits(24, 20);
    decoded_.immediate = Signed((Bits(31, 25) << 5) | Bits(11, 7), 12);
    decoded_.is_store = true;
    decoded_.has_side_effect = true;
    decoded_.size_log2 = Funct3();
  }

  void DecodeSystem() {
    decoded_.has_side_effect = true;
    if (Funct3() == 0) {
      decoded_.operation = Operation::kNothing;
      decoded_.is_ecall = word_ == 0x00000073;
      decoded_.is_return = (word_ & 0xdfffffff) == 0x10200073;
      decoded_.is_wait = word_ == 0x10500073;
      if (decoded_.is_wait) decoded_.has_side_effect = false;
      return;
    }
    Register(Operation::kCsr);
    decoded_.immediate = static_cast<int32_t>(Bits(31, 20));
    if (Funct3() < 4) decoded_.rs1 = Bits(19, 15);
    decoded_.is_csr = true;
    decoded_.bypass_execute = false;
  }

  uint32_t word_;
  const System& system_;
  Instruction decoded_;
};

}  // namespace

Instruction Decode(uint32_t word, const System& system) { return Decoder(word, system).Decoded(); }
