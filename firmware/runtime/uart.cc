#include "uart.h"

#include "soc.h"  // generated: addresses of the registers

namespace playground {
namespace {

constexpr uint32_t kReceived = 1u << 1;  // LiteX's `rx` event

volatile uint32_t& Register(uint32_t address) {
  return *reinterpret_cast<volatile uint32_t*>(address);
}

}  // namespace

void UartWrite(uint8_t byte) {
  while (Register(soc::kUartTxFull) != 0) {
  }
  Register(soc::kUartRxTx) = byte;
}

uint8_t UartRead() {
  while (Register(soc::kUartRxEmpty) != 0) {
  }
  const auto byte = static_cast<uint8_t>(Register(soc::kUartRxTx));
  Register(soc::kUartEvPending) = kReceived;  // takes the byte off the queue
  return byte;
}

void ResetSoc() { Register(soc::kCtrlReset) = 1; }

void WriteMarker(uint32_t marker) { Register(soc::kCtrlScratch) = marker; }

}  // namespace playground
