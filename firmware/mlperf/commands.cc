#include "commands.h"

#include <cstring>

#include "inference.h"
#include "mlperf_model.h"  // generated: the model's name
#include "stimulus.h"
#include "text.h"
#include "uart.h"

namespace playground::mlperf {
namespace {

// What the runner knows the protocol's version by.
constexpr char kProfile[] = "ULPMark for tinyML Firmware V0.0.1";
constexpr char kDevice[] = "cfu-playground";
constexpr uint32_t kBufferBytesPerLine = 8;
constexpr uint32_t kDefaultWarmups = 10;
constexpr uint32_t kMaxInferences = 1'000'000'000;

// Cuts a text into words at its spaces.
class Words {
 public:
  explicit Words(char* text) : next_(text) {}

  // Returns the next word, empty if there is none.
  const char* Next() {
    while (*next_ == ' ') ++next_;
    const char* word = next_;
    while (*next_ != ' ' && *next_ != '\0') ++next_;
    if (*next_ == ' ') *next_++ = '\0';
    return word;
  }

 private:
  char* next_;
};

bool Is(const char* word, const char* other) {
  const size_t length = std::strlen(word);
  return length == std::strlen(other) && std::memcmp(word, other, length) == 0;
}

// Reads a decimal number up to a limit; false if it is anything else.
bool ReadNumber(const char* word, uint32_t limit, uint32_t& number) {
  uint64_t value = 0;
  for (const char* digit = word; *digit != '\0'; ++digit) {
    if (*digit < '0' || *digit > '9') return false;
    value = value * 10 + static_cast<uint64_t>(*digit - '0');
    if (value > limit) return false;
  }
  number = static_cast<uint32_t>(value);
  return *word != '\0';
}

// Returns a hexadecimal digit's value, -1 if it is none.
int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const char lower = static_cast<char>(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void Help() {
  PutLine(kProfile, " on ", kDevice);
  PutLine("name            device's name");
  PutLine("profile         protocol and model");
  PutLine("timestamp       microseconds since reset");
  PutLine("db load N       expect N bytes of input");
  PutLine("db HEX...       the next of these bytes, two digits each");
  PutLine("db print        the bytes loaded so far");
  PutLine("infer N [W=10]  time N inferences, after W that are not timed");
  PutLine("results         what the last inference gave");
  PutLine("reset           restart the board, as its button does");
  PutLine("help            this text; each command ends in a percent sign");
}

void Load(const char* word) {
  uint32_t bytes = 0;
  if (!ReadNumber(word, UINT32_MAX, bytes) || bytes == 0) {
    return PutError("db load takes a number of bytes, not `", Quoted{word}, "`");
  }
  if (!BeginLoad(bytes)) {
    return PutError("the model takes ", kStimulusBytes, " bytes, not ", bytes);
  }
  PutLine("m-[Expecting ", bytes, " bytes]");
}

void LoadDigits(const char* digits) {
  const size_t length = std::strlen(digits);
  if (!IsLoading()) return PutError("no bytes are expected; db load N comes first");
  if (length % 2 != 0) return PutError("half a byte: ", static_cast<uint32_t>(length), " digits");
  for (const char* digit = digits; *digit != '\0'; ++digit) {
    if (HexValue(*digit) < 0) return PutError("no hexadecimal digits: `", Quoted{digits}, "`");
  }
  for (; *digits != '\0'; digits += 2) {
    LoadByte(static_cast<uint8_t>(HexValue(digits[0]) << 4 | HexValue(digits[1])));
    if (!IsLoading()) return PutLine("m-load-done");  // whatever else there may be
  }
}

void PrintBuffer() {
  for (uint32_t i = 0; i < LoadedBytes(); ++i) {
    const bool begins = i % kBufferBytesPerLine == 0;
    const bool ends = (i + 1) % kBufferBytesPerLine == 0 || i + 1 == LoadedBytes();
    Put(begins ? "m-buffer-" : "-");
    Put(HexByte{LoadedByte(i)});
    if (ends) PutLine();
  }
}

void Buffer(Words& words) {
  const char* word = words.Next();
  if (*word == '\0') return PutError("db takes load, print or hexadecimal digits");
  if (Is(word, "load")) return Load(words.Next());
  if (Is(word, "print")) return PrintBuffer();
  LoadDigits(word);
}

// The two lines of the times are written after the second: writing takes time, too.
void TimeInferences(uint32_t count, uint32_t warmups) {
  PrepareInput();
  PutLine("m-warmup-start-", warmups);
  Infer(warmups);
  PutLine("m-warmup-done");
  PutLine("m-infer-start-", count);
  const uint64_t begin = Microseconds();
  Infer(count);
  const uint64_t end = Microseconds();
  PutTimestamp(begin);
  PutTimestamp(end);
  PutLine("m-infer-done");
  ComputeResults();
  PutResults();
}

void InferCommand(Words& words) {
  uint32_t count = 1, warmups = kDefaultWarmups;
  const char* count_word = words.Next();
  const char* warmups_word = words.Next();
  if (*count_word != '\0' && (!ReadNumber(count_word, kMaxInferences, count) || count == 0)) {
    return PutError("infer takes a number of inferences, not `", Quoted{count_word}, "`");
  }
  if (*warmups_word != '\0' && !ReadNumber(warmups_word, kMaxInferences, warmups)) {
    return PutError("infer takes a number of warm-ups, not `", Quoted{warmups_word}, "`");
  }
  if (!IsLoaded()) {
    return PutError("the input is not loaded: ", LoadedBytes(), " of ", kStimulusBytes, " bytes");
  }
  TimeInferences(count, warmups);
}

}  // namespace

void Execute(char* command) {
  Words words(command);
  const char* word = words.Next();
  if (*word == '\0') return;
  if (Is(word, "name")) return PutLine("m-name-dut-[", kDevice, "]");
  if (Is(word, "timestamp")) return PutTimestamp(Microseconds());
  if (Is(word, "help")) return Help();
  if (Is(word, "db")) return Buffer(words);
  if (Is(word, "infer")) return InferCommand(words);
  if (Is(word, "reset")) return ResetSoc();
  if (Is(word, "profile")) {
    PutLine("m-profile-[", kProfile, "]");
    return PutLine("m-model-[", Quoted{kModelName}, "]");
  }
  if (Is(word, "results")) {
    return HaveResults() ? PutResults() : PutError("there was no inference yet");
  }
  PutError("Unknown command: ", Quoted{word});
}

void PutTimestamp(uint64_t microseconds) { PutLine("m-lap-us-", microseconds); }

}  // namespace playground::mlperf
