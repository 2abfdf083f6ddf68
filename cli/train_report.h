#pragma once

#include <filesystem>

#include "qprompt/run/execute.h"

// What a training says when it has ended.
namespace qprompt::cli {

struct TrainReport {
  std::filesystem::path run;
  const RunSpec& spec;
  const RunResult& result;
  bool evaluates = true;  // test images were asked for
};

void show(const TrainReport& report);

// What will be learned, before anything is.
void tell_plan(const Method& method);

}  // namespace qprompt::cli
