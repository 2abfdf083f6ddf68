#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/run/run_spec.h"
#include "qprompt/train/training_sets.h"

namespace qprompt {

// The test images of a target, whose labels are positions among the classes that are asked about.
struct TestBench {
  std::vector<std::string> class_names;
  TestImages images;
};

// The training images of a draw of shots.
struct TrainingBench {
  std::vector<ScarceClass> scarce;
  TrainingSets sets;
};

// One model and what its runs share: test images, encoded once for all of them, and the training
// images of the latest draw.
class QPROMPT_API Workbench {
 public:
  Workbench(Model model, FeatureOptions training, FeatureOptions test);

  const Model& model() const { return model_; }
  const FeatureOptions& training_options() const { return training_options_; }
  TestBench& test(const Target& target);
  TrainingBench& training(const std::shared_ptr<const RunData>& data, const LearnConfig& config);

 private:
  // What decides which training images there are.
  struct Draw {
    std::shared_ptr<const RunData> data;
    ClassSubset classes = ClassSubset::kAll;
    int shots = 0;
    std::uint64_t seed = 0, train_seed = 0;

    bool operator==(const Draw&) const = default;
  };
  struct TestEntry {
    std::shared_ptr<const RunData> data;
    ClassSubset classes = ClassSubset::kAll;
    TestBench bench;
  };

  Model model_;
  FeatureOptions training_options_, test_options_;
  std::list<TestEntry> tests_;  // which stay where they are
  Draw draw_;
  std::optional<TrainingBench> training_;
};

}  // namespace qprompt
