#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/demo_assets.h"
#include "qprompt/experiment/request.h"
#include "qprompt/inference/classifier.h"
#include "qprompt/report/read_records.h"
#include "qprompt/run/method.h"

namespace qprompt::cli {

// CoOp as it was published, and a quantized prompt whose settings are chosen on the base classes of
// each seed: nothing here was chosen by looking at the demo's table, and nothing shall be.
inline ExperimentRequest demo_request() {
  return {
      .experiment = "base-to-new",
      .methods = {"zeroshot", "coop", kTunedName},
      .shots = {16},
      .seeds = {1, 2, 3},
      .templates = {"a photo of a {}."},
      .defaults = {{"views", "8"}},
      .method_settings = {{"coop", {{"epochs", "200"}, {"lr", "0.002"}, {"batch_size", "32"}}},
                          {kTunedName, {{"candidates", "qcoop,qkgcoop"}, {"budget", "0"}}}},
  };
}

// What a run has learned.
struct LearnedPrompt {
  PromptFile prompt{};
  std::vector<std::string> class_names{};
  std::int64_t steps = 0;
  int clusterings = 0;
};

// What was chosen for a seed: "qkgcoop lr=0.01, epoch 12".
struct DemoChoice {
  std::uint64_t seed = 0;
  std::string chosen;
};

// A picture of a class that was not trained on, classified among all names.
struct ClassifiedPicture {
  std::string true_class;
  Classification learned, zero_shot;  // with the prompt, and with the template
};

struct DemoResult {
  std::shared_ptr<const RunData> data{};
  report::Records records{};
  std::size_t found = 0;          // runs that were there before
  LearnConfig coop_config{};      // of the run with the first seed
  LearnedPrompt tuned{}, coop{};  // of the runs with the first seed
  std::vector<DemoChoice> choices{};
  std::string zero_shot_template{};
  std::vector<ClassifiedPicture> classified{};
};

// The first item of each of the first `classes` classes, in their order; a class without items has
// none.
std::vector<Item> first_of_each_class(const std::vector<Item>& items, std::size_t classes);

// The whole demonstration: a base-to-new experiment that leaves its records below `records`, and
// the first test pictures of the first two new classes, classified with the tuned prompt of its
// first run. Throws Interrupted on SIGINT.
DemoResult run_demo(const Model& model, const DemoAssets& assets, ExperimentRequest request,
                    const std::filesystem::path& records);

}  // namespace qprompt::cli
