#pragma once

#include <string>
#include <utility>
#include <vector>

#include "qprompt/report/dataset_name.h"
#include "qprompt/report/run_record.h"

namespace qprompt::report {

// A run of which only this is said; accuracies are 0..1.
inline RunRecord run_of(const std::string& label, std::uint64_t seed,
                        const std::vector<std::pair<std::string, double>>& accuracies,
                        const std::string& dataset = "DTD", int shots = 16) {
  RunRecord run;
  run.experiment = "base-to-new";
  run.method = run.label = label;
  run.version = "0.3.0";
  run.model_identity = "abc";
  run.dataset = dataset_name(dataset);
  run.classes = "base";
  run.shots = shots;
  run.seed = run.train_seed = seed;
  run.run = label + dataset + std::to_string(shots) + std::to_string(seed);
  for (const auto& [name, accuracy] : accuracies) {
    TargetRecord target;
    target.name = dataset_name(name);
    const bool is_own = name == "base" || name == "new" || name == "test";
    target.dataset = is_own ? run.dataset : target.name;
    target.images = 100;
    target.accuracy = accuracy;
    run.targets.push_back(target);
  }
  return run;
}

}  // namespace qprompt::report
