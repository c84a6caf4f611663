#include "options.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <sstream>

namespace {

[[noreturn]] void Fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(64);
}

uint64_t Number(const std::string& text) {
  char* end = nullptr;
  const uint64_t value = std::strtoull(text.c_str(), &end, 0);
  if (text.empty() || *end != '\0') Fail("not a number: " + text);
  return value;
}

}  // namespace

Options ParseOptions(int argc, char** argv) {
  Options options;
  const auto text = [](std::string& target) {
    return [&target](const std::string& value) { target = value; };
  };
  const std::map<std::string, std::function<void(const std::string&)>> setters = {
      {"--uart-input", text(options.uart_input)},
      {"--uart-output", text(options.uart_output)},
      {"--snapshots", text(options.snapshots)},
      {"--snapshot-output", text(options.snapshot_output)},
      {"--system", text(options.system)},
      {"--why", text(options.why)},
      {"--retired", text(options.retired)},
      {"--timeline", text(options.timeline)},
      {"--functions", text(options.functions)},
      {"--resolution", [&](const std::string& v) { options.resolution = Number(v); }},
      {"--trace", text(options.trace)},
      {"--terminal", [&](const std::string& v) { options.terminal = static_cast<int>(Number(v)); }},
      {"--baud", [&](const std::string& v) { options.baud = static_cast<uint32_t>(Number(v)); }},
      {"--byte-cycles", [&](const std::string& v) { options.byte_cycles = Number(v); }},
      {"--max-cycles", [&](const std::string& v) { options.max_cycles = Number(v); }},
      {"--stall-cycles", [&](const std::string& v) { options.stall_cycles = Number(v); }},
      {"--trace-layers",
       [&](const std::string& v) {
         std::stringstream list(v);
         for (std::string item; std::getline(list, item, ',');) {
           options.trace_layers.insert(static_cast<uint32_t>(Number(item)));
         }
       }},
  };
  for (int i = 1; i < argc;) {
    const std::string option = argv[i++];
    const auto next = [&]() -> std::string {
      if (i == argc) Fail("no value for " + option);
      return argv[i++];
    };
    if (option == "--load") {
      const auto address = static_cast<uint32_t>(Number(next()));
      options.contents.push_back({address, next()});
      continue;
    }
    const auto setter = setters.find(option);
    if (setter == setters.end()) Fail("unknown option " + option);
    setter->second(next());
  }
  return options;
}

std::vector<uint8_t> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) Fail("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<Snapshot> ReadSnapshots(const std::string& path) {
  std::ifstream file(path);
  if (!file) Fail("cannot read " + path);
  std::vector<Snapshot> snapshots;
  for (Snapshot s; file >> s.layer >> s.address >> s.bytes;) snapshots.push_back(s);
  return snapshots;
}
