#include "qprompt/run/workbench.h"

#include <algorithm>
#include <iterator>

namespace qprompt {
namespace {

// Scarce classes that are not learned do not matter.
std::vector<ScarceClass> scarce_among(const std::vector<ScarceClass>& scarce,
                                      const std::vector<std::string>& class_names) {
  std::vector<ScarceClass> among;
  std::copy_if(scarce.begin(), scarce.end(), std::back_inserter(among), [&](const auto& entry) {
    return std::find(class_names.begin(), class_names.end(), entry.name) != class_names.end();
  });
  return among;
}

}  // namespace

Workbench::Workbench(Model model, FeatureOptions training, FeatureOptions test)
    : model_(std::move(model)),
      training_options_(std::move(training)),
      test_options_(std::move(test)) {}

TestBench& Workbench::test(const Target& target) {
  for (TestEntry& entry : tests_) {
    if (entry.data == target.data && entry.classes == target.classes) return entry.bench;
  }
  Dataset chosen = subsample_classes(target.data->dataset, target.classes);
  TestImages images(model_, std::move(chosen.test), test_options_);
  tests_.push_back(
      {target.data, target.classes, {std::move(chosen.class_names), std::move(images)}});
  return tests_.back().bench;
}

TrainingBench& Workbench::training(const std::shared_ptr<const RunData>& data,
                                   const LearnConfig& config) {
  const Draw draw{data, config.classes, config.shots, config.seed, config.effective_train_seed()};
  if (training_ && draw == draw_) return *training_;
  const FewShot few = few_shot(data->dataset, config.shots, config.seed);
  Dataset chosen = subsample_classes(few.dataset, config.classes);
  std::vector<ScarceClass> scarce = scarce_among(few.scarce, chosen.class_names);
  training_.reset();  // the memory of the draw before
  training_.emplace(
      TrainingBench{std::move(scarce),
                    TrainingSets(model_, std::move(chosen), draw.train_seed, training_options_)});
  draw_ = draw;
  return *training_;
}

}  // namespace qprompt
