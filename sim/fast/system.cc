#include "system.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

namespace {

[[noreturn]] void Fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(64);
}

uint32_t Number(const std::string& text) {
  char* end = nullptr;
  const unsigned long value = std::strtoul(text.c_str(), &end, 0);
  if (text.empty() || *end != '\0') Fail("not a number: " + text);
  return static_cast<uint32_t>(value);
}

template <typename Choice>
std::function<void(std::istream&)> OneOf(Choice& target, std::map<std::string, Choice> choices) {
  return [&target, choices = std::move(choices)](std::istream& words) {
    std::string word;
    words >> word;
    const auto found = choices.find(word);
    if (found == choices.end()) Fail("unknown choice " + word);
    target = found->second;
  };
}

}  // namespace

bool System::IsComplete() const {
  return instruction_cache == 4096 && data_cache == 4096 && cache_line == 32 &&
         prediction == Prediction::kStatic && bypass && multiplier == Multiplier::kPipelined &&
         divider == Divider::kIterative && shifter == Shifter::kLate && exceptions && interrupts &&
         counts_instructions && cfu_enable;
}

System ReadSystem(const std::string& path) {
  std::ifstream file(path);
  if (!file) Fail("cannot read " + path);
  System system;
  const auto word = [](std::istream& words) {
    std::string text;
    words >> text;
    return text;
  };
  const auto number = [&](uint32_t& target) {
    return [&target, word](std::istream& words) { target = Number(word(words)); };
  };
  const auto truth = [&](bool& target) {
    return [&target, word](std::istream& words) { target = Number(word(words)) != 0; };
  };
  const auto region = [&](std::istream& words) {
    Region region;
    region.origin = Number(word(words));
    region.bytes = Number(word(words));
    return region;
  };
  const auto absent = [&](const char* what) {
    return [what, word](std::istream& words) {
      if (Number(word(words)) != 0) Fail(std::string("not simulated: ") + what);
    };
  };
  const std::map<std::string, std::function<void(std::istream&)>> readers = {
      {"instruction_cache", number(system.instruction_cache)},
      {"data_cache", number(system.data_cache)},
      {"cache_line", number(system.cache_line)},
      {"prediction", OneOf<Prediction>(system.prediction, {{"none", Prediction::kNone},
                                                           {"static", Prediction::kStatic},
                                                           {"dynamic", Prediction::kDynamic}})},
      {"bypass", truth(system.bypass)},
      {"multiplier", OneOf<Multiplier>(system.multiplier, {{"none", Multiplier::kNone},
                                                           {"iterative", Multiplier::kIterative},
                                                           {"pipelined", Multiplier::kPipelined}})},
      {"divider", OneOf<Divider>(system.divider,
                                 {{"none", Divider::kNone}, {"iterative", Divider::kIterative}})},
      {"shifter", OneOf<Shifter>(system.shifter, {{"late", Shifter::kLate},
                                                  {"early", Shifter::kEarly},
                                                  {"iterative", Shifter::kIterative}})},
      {"exceptions", truth(system.exceptions)},
      {"interrupts", truth(system.interrupts)},
      {"counts_instructions", truth(system.counts_instructions)},
      {"cfu_enable", truth(system.cfu_enable)},
      {"reset", number(system.reset)},
      {"ram", [&](std::istream& words) { system.rams.push_back(region(words)); }},
      {"rom",
       [&](std::istream& words) {
         system.rams.push_back(region(words));
         system.rams.back().is_rom = true;
       }},
      {"csr", [&](std::istream& words) { system.csr = region(words); }},
      {"register",
       [&](std::istream& words) {
         const std::string name = word(words);
         system.registers[name] = Number(word(words));
       }},
      {"uart_fifo", number(system.uart_fifo)},
      {"memory_port", truth(system.memory_port)},
      {"scratchpad", absent("a scratchpad")},
      {"stack_limit", number(system.stack_limit)},
  };
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    if (!(words >> name)) continue;
    const auto reader = readers.find(name);
    if (reader == readers.end()) Fail("unknown line in " + path + ": " + line);
    reader->second(words);
    if (words.fail()) Fail("incomplete line in " + path + ": " + line);
  }
  if (system.rams.empty()) Fail("no memory in " + path);
  return system;
}
