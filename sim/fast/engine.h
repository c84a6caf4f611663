// What advances a machine through time.

#ifndef SIM_FAST_ENGINE_H_
#define SIM_FAST_ENGINE_H_

#include <array>
#include <cstdint>

#include "causes.h"
#include "pipeline.h"
#include "tally.h"

// The SoC resets itself for so many cycles.
constexpr uint64_t kResetCycles = 2;

class Engine {
 public:
  virtual ~Engine() = default;

  // Runs until so many cycles have passed, or some more, or the machine's run ends, or, at the end
  // of a cycle, `Machine::wants_attention`.
  virtual void RunUntil(uint64_t cycles) = 0;
  virtual uint64_t cycles() const = 0;
  // The pipeline, of late: what it held when a trace of the run began.
  virtual const PipelineState& state() const = 0;
  // Adds up what was counted so far.
  virtual void AddTo(Tally& tally) const = 0;
};

#endif  // SIM_FAST_ENGINE_H_
