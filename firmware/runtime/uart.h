// LiteX's UART, polled.

#ifndef FIRMWARE_RUNTIME_UART_H_
#define FIRMWARE_RUNTIME_UART_H_

#include <cstdint>

namespace playground {

// Waits for room in the transmit queue.
void UartWrite(uint8_t byte);

// Waits for a byte.
uint8_t UartRead();

// Resets the SoC as its reset button would: execution begins where it did when it was switched on.
void ResetSoc();

// Tells the host's test bench where the firmware is; see marker.h.
void WriteMarker(uint32_t marker);

}  // namespace playground

#endif  // FIRMWARE_RUNTIME_UART_H_
