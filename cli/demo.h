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

namespace qprompt::cli {

// lr and epochs: chosen on training and validation pictures of the base classes only, see
// tools/demo_world/README.md. Never to be changed because of the demo's table.
inline ExperimentRequest demo_request() {
  return {
      .experiment = "base-to-new",
      .methods = {"zeroshot", "coop", "qcoop"},
      .shots = {16},
      .seeds = {1, 2, 3},
      .templates = {"a photo of a {}."},
      .settings = {{"views", "8"}, {"epochs", "50"}, {"batch_size", "32"}, {"lr", "0.1"}},
  };
}

// What a run has learned.
struct LearnedPrompt {
  PromptFile prompt{};
  std::vector<std::string> class_names{};
  std::int64_t steps = 0;
  int clusterings = 0;
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
  LearnConfig learn{};            // of the qcoop run with the first seed
  LearnedPrompt qcoop{}, coop{};  // of the runs with the first seed
  std::string zero_shot_template{};
  std::vector<ClassifiedPicture> classified{};
};

// The first item of each of the first `classes` classes, in their order; a class without items has
// none.
std::vector<Item> first_of_each_class(const std::vector<Item>& items, std::size_t classes);

// The whole demonstration: a base-to-new experiment that leaves its records below `records`, and
// the first test pictures of the first two new classes, classified with the quantized prompt of one
// of its runs. Throws Interrupted on SIGINT.
DemoResult run_demo(const Model& model, const DemoAssets& assets, ExperimentRequest request,
                    const std::filesystem::path& records);

}  // namespace qprompt::cli
