// Packets between host and firmware. The host's half is `firmware/protocol.py`.
//
// A frame is two magic bytes, a type, the payload's length (32 bits), the payload and the CRC-32
// (IEEE 802.3) of type, length and payload; numbers are little-endian.

#ifndef FIRMWARE_RUNTIME_FRAME_H_
#define FIRMWARE_RUNTIME_FRAME_H_

#include <cstddef>
#include <cstdint>

namespace playground {

constexpr uint8_t kMagic[2] = {0xC5, 0xF0};
constexpr uint32_t kProtocolVersion = 2;
constexpr size_t kMaxPayloadBytes = 1024;  // of a frame from the host

enum class FrameType : uint8_t {
  // From the host.
  kSetInput = 0x01,  // input's index, byte offset, data
  kRun = 0x02,       // count of data bytes in the kSetInput frames since the last run
  kExit = 0x03,      // nothing
  kStep = 0x04,      // sequence number, layer, count of data bytes as in kRun; runs one layer
  kDigest = 0x05,    // address, bytes
  kRead = 0x06,      // address, bytes
  kHello = 0x07,     // nothing
  kReset = 0x08,     // nothing
  // From the firmware.
  kReady = 0x81,    // protocol version, count of layers
  kRefused = 0x82,  // Refusal
  kResult = 0x83,   // per layer: cycles (64 bits), instructions (64 bits), 1 if the override ran it
  kOutput = 0x84,   // output's index, data
  kTrap = 0x85,     // mcause, mepc, mtval, ra, sp
  kText = 0x86,     // characters that a kernel printed
  kStepped = 0x87,  // sequence number, then as in kResult of that layer
  kDigestOf = 0x88,  // address, bytes, their CRC-32
  kContent = 0x89,   // address, data
};

enum class Refusal : uint32_t {
  kBadCrc = 1,
  kTooLong = 2,
  kUnknownType = 3,
  kBadInput = 4,
  kMissingInput = 5,
  kBadStep = 6
};

struct Frame {
  FrameType type;
  uint32_t length;
  uint8_t payload[kMaxPayloadBytes];
};

// Waits for the next frame; one that is damaged or too long is answered with kRefused and skipped.
void ReceiveFrame(Frame& frame);

// Answers the host's last frame with kRefused.
void Refuse(Refusal reason);

// CRC-32 (IEEE 802.3) of a piece of memory.
uint32_t Crc32(const void* data, size_t bytes);

// Sends a frame in pieces: constructed with the whole length of the payload, which the calls of Put
// add up to; destroyed when it is complete.
class FrameWriter {
 public:
  FrameWriter(FrameType type, uint32_t length);
  ~FrameWriter();
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;

  void Put(const void* data, size_t bytes);
  void Put(uint32_t value) { Put(&value, sizeof(value)); }
  void Put(uint64_t value) { Put(&value, sizeof(value)); }

 private:
  uint32_t crc_;
};

}  // namespace playground

#endif  // FIRMWARE_RUNTIME_FRAME_H_
