#include "frame.h"

#include "uart.h"

namespace playground {
namespace {

constexpr uint32_t kCrcInit = 0xFFFFFFFFu;

// One byte of the reflected CRC-32, four bits at a time.
uint32_t UpdateCrc(uint32_t crc, uint8_t byte) {
  static constexpr uint32_t kTable[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
                                          0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                          0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                          0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
  crc ^= byte;
  crc = (crc >> 4) ^ kTable[crc & 15];
  return (crc >> 4) ^ kTable[crc & 15];
}

uint8_t ReadByte(uint32_t& crc) {
  const uint8_t byte = UartRead();
  crc = UpdateCrc(crc, byte);
  return byte;
}

uint32_t ReadWord(uint32_t& crc) {
  uint32_t word = 0;
  for (int shift = 0; shift < 32; shift += 8) word |= static_cast<uint32_t>(ReadByte(crc)) << shift;
  return word;
}

void AwaitMagic() {
  for (uint8_t previous = 0;;) {
    const uint8_t byte = UartRead();
    if (previous == kMagic[0] && byte == kMagic[1]) return;
    previous = byte;
  }
}

}  // namespace

void Refuse(Refusal reason) {
  FrameWriter(FrameType::kRefused, sizeof(uint32_t)).Put(static_cast<uint32_t>(reason));
}

uint32_t Crc32(const void* data, size_t bytes) {
  const auto* source = static_cast<const uint8_t*>(data);
  uint32_t crc = kCrcInit;
  for (size_t i = 0; i < bytes; ++i) crc = UpdateCrc(crc, source[i]);
  return ~crc;
}

void ReceiveFrame(Frame& frame) {
  for (;;) {
    AwaitMagic();
    uint32_t crc = kCrcInit;
    frame.type = static_cast<FrameType>(ReadByte(crc));
    frame.length = ReadWord(crc);
    if (frame.length > kMaxPayloadBytes) {
      Refuse(Refusal::kTooLong);
      continue;
    }
    for (uint32_t i = 0; i < frame.length; ++i) frame.payload[i] = ReadByte(crc);
    uint32_t ignored = 0;
    if (ReadWord(ignored) == ~crc) return;
    Refuse(Refusal::kBadCrc);
  }
}

FrameWriter::FrameWriter(FrameType type, uint32_t length) : crc_(kCrcInit) {
  for (const uint8_t byte : kMagic) UartWrite(byte);
  Put(&type, sizeof(type));
  Put(length);
}

FrameWriter::~FrameWriter() {
  const uint32_t crc = ~crc_;
  Put(crc);
}

void FrameWriter::Put(const void* data, size_t bytes) {
  const auto* source = static_cast<const uint8_t*>(data);
  for (size_t i = 0; i < bytes; ++i) {
    crc_ = UpdateCrc(crc_, source[i]);
    UartWrite(source[i]);
  }
}

}  // namespace playground
