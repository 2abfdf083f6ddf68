#pragma once

// What the programs share that time one step of something, one case a process, so that its peak
// memory is its own. Inputs are formulas of their positions, so that other programs can do the same
// work (bench/peer/inputs.py) and compare what comes out. CPU seconds, of all threads, are what to
// compare on a machine that others use, with OMP_WAIT_POLICY=passive.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "qprompt/clip/model.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/matrix.h"

namespace qprompt::bench {

struct Timing {
  double median_seconds, cpu_seconds;  // of one step
};

// size * sqrt(2) * sin(offset + 0.7 k) at place k.
inline Matrix wave(double offset, Index rows, Index cols, double size) {
  Matrix values(rows, cols);
  for (Index k = 0; k < values.size(); ++k) {
    values.data()[k] =
        static_cast<float>(size * std::sqrt(2.0) * std::sin(offset + 0.7 * static_cast<double>(k)));
  }
  return values;
}

// What other programs' results are compared with, of the first step, as JSON: numbers of a vector
// beside the largest of them, those of a map each by itself.
inline std::string check;
template <typename Values>
void note(const Values& values) {
  if (check.empty()) check = fmt::format("{}", values);
}

inline double wall_clock() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

inline double cpu_clock() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Of each of `cases`, which take turns.
inline std::vector<Timing> timings_of(int steps, const std::vector<std::function<void()>>& cases) {
  std::vector<std::vector<double>> seconds(cases.size());
  std::vector<double> cpu(cases.size());
  for (const auto& step : cases) step();  // packs, allocates, creates primitives
  for (int i = 0; i < steps; ++i) {
    for (std::size_t c = 0; c < cases.size(); ++c) {
      const double start = wall_clock(), cpu_start = cpu_clock();
      cases[c]();
      seconds[c].push_back(wall_clock() - start);
      cpu[c] += (cpu_clock() - cpu_start) / steps;
    }
  }
  std::vector<Timing> timings;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    std::nth_element(seconds[c].begin(), seconds[c].begin() + steps / 2, seconds[c].end());
    timings.push_back({seconds[c][steps / 2], cpu[c]});
  }
  return timings;
}

// A line of JSON.
inline void print(const std::string& what, const std::string& format, const Timing& timing) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print(R"({{"case": "{}", "format": "{}", "median_seconds": {:.4g}, "cpu_seconds": {:.4g}, )"
             R"("peak_mb": {:.0f}, "check": {}}})"
             "\n",
             what, format, timing.median_seconds, timing.cpu_seconds,
             static_cast<double>(usage.ru_maxrss) / 1024, check);
}

// The model of a command line MODEL ... [fp32|bf16|auto|int8] with that many words before the last.
inline Model load_model(const std::vector<std::string>& arguments, std::size_t words) {
  ModelOptions options;
  if (arguments.size() > words) {
    options.device.precision = enum_from_name<kernels::Precision>(arguments[words]);
  }
  return Model::load(arguments.front(), options);
}

// A program's main function: an error is one line, and a failure.
inline int run_main(int argc, char** argv,
                    const std::function<void(const std::vector<std::string>& arguments)>& run) {
  try {
    run({argv + 1, argv + argc});
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", argv[0], error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace qprompt::bench
