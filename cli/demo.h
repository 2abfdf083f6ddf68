#pragma once

#include <string>
#include <vector>

#include "cli/demo_assets.h"
#include "qprompt/eval/base_to_new.h"
#include "qprompt/inference/classifier.h"

namespace qprompt::cli {

// lr and epochs: what tools/demo_world/choose_settings.py chose, which sees training and validation
// pictures of the base classes only. Never to be changed because of the demo's table.
inline LearnConfig demo_learn_config() {
  LearnConfig config;
  config.classes = ClassSubset::kBase;
  config.shots = 16;
  config.views = 8;
  config.training.epochs = 50;
  config.training.batch_size = 32;
  config.training.optimizer.lr = 0.1;
  return config;
}

struct DemoSettings {
  LearnConfig learn = demo_learn_config();
  std::vector<std::uint64_t> seeds{1, 2, 3};
  std::string zero_shot_template = "a photo of a {}.";
  std::vector<std::string> methods{"zeroshot", "coop", "qcoop"};
};

// A picture of a class that was not trained on, classified among all names.
struct ClassifiedPicture {
  std::string true_class;
  Classification learned, zero_shot;  // with the prompt, and with the template
};

struct DemoResult {
  DemoSettings settings;
  Dataset dataset;
  std::vector<ProtocolEntry> entries;
  BaseToNewOptions options;
  BaseToNewResult table;
  Learned qcoop;  // with the first seed
  Learned coop;   // in full precision, from the same pictures
  std::vector<ClassifiedPicture> classified;
};

// The whole demonstration: the base-to-new table, a quantized prompt of the base classes, and the
// pictures of new classes classified with it. Throws Interrupted on SIGINT.
DemoResult run_demo(const Model& model, const DemoAssets& assets, const DemoSettings& settings);

}  // namespace qprompt::cli
