// A model of the array engine (gateware/array/__init__.py) for kernels that run on the host. It
// stops the program where an engine would wait for ever or a kernel breaks a rule.
//
// engine_ids.h holds the function ids of the instructions, as kConfigure etc. in namespace ids.

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "cfu.h"
#include "engine_ids.h"

namespace {

constexpr int kParameterTargets = 3;
constexpr int kMostResults = 1 << 20;  // of a run, in words

void Require(bool holds) {
  if (!holds) abort();
}

bool IsPort() { return cfu::kMemoryPort != 0; }

uint8_t* Memory(uint32_t address) {
  return reinterpret_cast<uint8_t*>(static_cast<uintptr_t>(address));
}

int32_t Requantized(int32_t value, int32_t multiplier, int32_t shift) {
  value = static_cast<int32_t>(static_cast<uint32_t>(value) << (shift > 0 ? shift : 0));
  const int64_t product = int64_t{value} * multiplier;
  const int32_t high = static_cast<int32_t>((product + (1 << 30)) >> 31);
  const int right = shift < 0 ? -shift : 0;
  const int64_t mask = (int64_t{1} << right) - 1;
  const int64_t threshold = (mask >> 1) + (high < 0);
  return (high >> right) + ((high & mask) > threshold);
}

class Engine {
 public:
  void Configure(uint32_t number, uint32_t value) {
    Require(number < 32);
    registers_[number] = static_cast<int32_t>(value);
  }

  void Seek(uint32_t target, uint32_t index) {
    Finish();
    target_ = static_cast<int>(target);
    position_ = static_cast<int>(index);
    bank_ = words_of_channel_ = 0;
  }

  void Write(uint32_t word, int count) {
    Finish();
    if (target_ == cfu::kInputs) {
      Require(position_ + count <= cfu::kInputBytes);
      for (int i = 0; i < count; ++i) inputs_[position_++] = static_cast<int8_t>(word >> (8 * i));
    } else if (target_ == cfu::kFilters) {
      const int per_channel = Get(cfu::kFilterWordsPerChannel);
      Require(position_ + words_of_channel_ < cfu::kFilterWords);
      filters_[bank_][position_ + words_of_channel_++] = word;
      if (words_of_channel_ < per_channel) return;
      words_of_channel_ = 0;
      if (++bank_ < cfu::kUnits) return;
      bank_ = 0;
      position_ += per_channel;
    } else {
      Require(target_ <= cfu::kShifts && position_ < cfu::kChannels);
      parameters_[target_ - cfu::kBiases][position_++] = static_cast<int32_t>(word);
    }
  }

  void Fill(uint32_t word, uint32_t count) {
    for (; count > 0; count -= count < 4 ? count : 4) {
      Write(word, count < 4 ? static_cast<int>(count) : 4);
    }
  }

  void Fetch(uint32_t address, uint32_t count) {
    Require(IsPort() && (target_ == cfu::kInputs || (address | count) % 4 == 0));
    while (count > 0) {
      const uint32_t bytes = count < 4 ? count : 4;
      uint32_t word = 0;
      std::memcpy(&word, Memory(address), bytes);
      Write(word, static_cast<int>(bytes));
      address += bytes;
      count -= bytes;
    }
  }

  void Run() {
    Finish();
    const int mode = Get(cfu::kMode);
    const int counts[] = {cfu::kWindowWords, cfu::kWindowTaps, cfu::kWindowRows,
                          cfu::kColumns,     cfu::kLines,      cfu::kBlockChannels};
    for (int count : counts) Require(Get(count) > 0);
    Require(Get(cfu::kWindowTaps) < 1024 && Get(cfu::kWindowRows) < 1024);
    Require(Get(cfu::kLines) < 1024 && Get(cfu::kColumns) <= cfu::kInputBytes);
    Require(Get(cfu::kBlockChannels) <= cfu::kChannels);
    if (mode & cfu::kStore) {
      Require(IsPort() && Get(cfu::kStoreAddress) % 4 == 0 && Get(cfu::kStoreStep) % 4 == 0);
      Require(Get(cfu::kStoreWords) > 0);
    }
    if (mode & cfu::kDepthwise) {
      Require(Get(cfu::kWindowWords) == 1 && Get(cfu::kBlockChannels) % 4 == 0);
    }
    store_address_ = static_cast<uint32_t>(Get(cfu::kStoreAddress));
    stored_words_ = read_ = delivered_ = 0;
    for (int line = 0; line < Get(cfu::kLines); ++line) {
      for (int column = 0; column < Get(cfu::kColumns); ++column) {
        if (mode & cfu::kAlignPixels) Flush();
        ComputePixel(Get(cfu::kInputBase) + line * Get(cfu::kLineStep) +
                     column * Get(cfu::kColumnStep));
      }
    }
    Flush();
  }

  uint32_t Read() {
    Require(read_ < delivered_);
    return results_[read_++];
  }

  // A command waits until a run is over, which takes until all results are read.
  void Finish() { Require(read_ == delivered_); }

 private:
  int Get(int number) const { return registers_[number]; }

  int Input(int address) const {
    return inputs_[static_cast<uint32_t>(address) % cfu::kInputBytes];
  }

  uint32_t Filter(int unit, int address) const {
    Require(address < cfu::kFilterWords);
    return filters_[unit][address];
  }

  void ComputePixel(int base) {
    const int mode = Get(cfu::kMode);
    const int channels = Get(cfu::kBlockChannels);
    const int size = mode & cfu::kDepthwise ? 4 : mode & cfu::kLookup ? 1 : cfu::kUnits;
    for (int first = 0, group = 0; first < channels; first += size, ++group) {
      int32_t sums[cfu::kUnits > 4 ? cfu::kUnits : 4] = {};
      int beat = 0;
      const int beats = Get(cfu::kWindowRows) * Get(cfu::kWindowTaps) * Get(cfu::kWindowWords);
      for (int row = 0; row < Get(cfu::kWindowRows); ++row) {
        for (int tap = 0; tap < Get(cfu::kWindowTaps); ++tap) {
          for (int word = 0; word < Get(cfu::kWindowWords); ++word, ++beat) {
            const int address = base + row * Get(cfu::kRowStep) + tap * Get(cfu::kTapStep) +
                                4 * word + (mode & cfu::kDepthwise ? 4 * group : 0);
            if (mode & cfu::kLookup) {
              sums[0] += static_cast<int32_t>(Filter(0, 256 * beat + Input(address) + 128));
              continue;
            }
            for (int unit = 0; unit < (mode & cfu::kDepthwise ? 1 : cfu::kUnits); ++unit) {
              // Units without a channel compute as well, with whatever they hold.
              if (!(mode & cfu::kDepthwise) && first + unit >= channels) break;
              const uint32_t filter = mode & cfu::kDepthwise
                                          ? Filter(0, beat * (channels / 4) + group)
                                          : Filter(unit, group * beats + beat);
              for (int lane = 0; lane < 4; ++lane) {
                const int product = (Input(address + lane) + Get(cfu::kInputOffset)) *
                                    static_cast<int8_t>(filter >> (8 * lane));
                sums[mode & cfu::kDepthwise ? lane : unit] += product;
              }
            }
          }
        }
      }
      for (int i = 0; i < size && first + i < channels; ++i) Emit(first + i, sums[i]);
    }
  }

  void Emit(int channel, int32_t sum) {
    sum = static_cast<int32_t>(static_cast<uint32_t>(sum) +
                               static_cast<uint32_t>(parameters_[0][channel]));
    if (Get(cfu::kMode) & cfu::kRaw) {
      Deliver(static_cast<uint32_t>(sum), 4);
      return;
    }
    int32_t output = Requantized(sum, parameters_[1][channel], parameters_[2][channel]);
    output += Get(cfu::kOutputOffset);
    output = output < Get(cfu::kActivationMin) ? Get(cfu::kActivationMin) : output;
    output = output > Get(cfu::kActivationMax) ? Get(cfu::kActivationMax) : output;
    partial_ |= uint32_t{static_cast<uint8_t>(output)} << (8 * partial_bytes_++);
    if (partial_bytes_ == 4) Flush();
  }

  void Flush() {
    if (partial_bytes_ > 0) Deliver(partial_, partial_bytes_);
    partial_ = 0;
    partial_bytes_ = 0;
  }

  void Deliver(uint32_t word, int bytes) {
    if (!(Get(cfu::kMode) & cfu::kStore)) {
      Require(delivered_ < kMostResults);
      results_[delivered_++] = word;
      return;
    }
    std::memcpy(Memory(store_address_ + static_cast<uint32_t>(4 * stored_words_)), &word,
                static_cast<size_t>(bytes));
    if (++stored_words_ == Get(cfu::kStoreWords)) {
      stored_words_ = 0;
      store_address_ += static_cast<uint32_t>(Get(cfu::kStoreStep));
    }
  }

  int32_t registers_[32] = {};
  int8_t inputs_[cfu::kInputBytes] = {};
  uint32_t filters_[cfu::kUnits][cfu::kFilterWords] = {};
  int32_t parameters_[kParameterTargets][cfu::kChannels] = {};
  int target_ = 0;
  int position_ = 0;
  int bank_ = 0;
  int words_of_channel_ = 0;
  uint32_t results_[kMostResults] = {};
  int delivered_ = 0;
  int read_ = 0;
  uint32_t partial_ = 0;
  int partial_bytes_ = 0;
  uint32_t store_address_ = 0;
  int stored_words_ = 0;
};

Engine engine;

}  // namespace

extern "C" uint32_t cfu_op_host(uint32_t function_id, uint32_t a, uint32_t b) {
  switch (function_id) {
    case ids::kConfigure:
      engine.Finish();
      engine.Configure(a, b);
      return 0;
    case ids::kSeek:
      engine.Seek(a, b);
      return 0;
    case ids::kPush:
      engine.Write(a, 4);
      engine.Write(b, 4);
      return 0;
    case ids::kPushBytes:
      Require(b >= 1 && b <= 4);
      engine.Write(a, static_cast<int>(b));
      return 0;
    case ids::kFill:
      engine.Fill(a, b);
      return 0;
    case ids::kRun:
      engine.Run();
      return 0;
    case ids::kRead:
      return engine.Read();
    case ids::kWait:
      engine.Finish();
      return 0;
    case ids::kFetch:
      engine.Fetch(a, b);
      return 0;
    default:
      abort();
  }
}
