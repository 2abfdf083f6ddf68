#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/clip/model.h"
#include "qprompt/data/dataset.h"
#include "qprompt/features/image_features.h"
#include "qprompt/train/learn.h"

namespace qprompt::cli {

// --model, --tokenizer, --threads, --precision
struct ModelArguments {
  std::string model;
  std::string tokenizer;
  kernels::DeviceOptions device;

  CLI::Option* add_to(CLI::App& app);  // --model, which is required
  Model load() const;
};

// --cache, --skip-bad-images
struct FeatureArguments {
  std::string cache;
  bool skip_bad_images = false;

  void add_to(CLI::App& app);
  // With progress lines under `label`, and ending on SIGINT.
  FeatureOptions options(const std::string& label) const;
};

// --data, --split
struct DataArguments {
  std::string data;
  std::string split;

  CLI::Option* add_to(CLI::App& app);  // --data, which is required
  Dataset load(std::uint64_t seed) const;
};

// --seed of commands that look at test images only; run_folder.h says what it is without the flag.
CLI::Option* add_division_seed(CLI::App& app, std::optional<std::uint64_t>& seed);

// What every report begins with: enough to repeat the run.
nlohmann::ordered_json report_header(const std::string& command, const Model& model);
nlohmann::ordered_json learn_config_as_json(const LearnConfig& config);

// One class name a line; empty lines are skipped. Throws Error for fewer than two names and for one
// that comes twice.
std::vector<std::string> read_class_names(const std::filesystem::path& path);

}  // namespace qprompt::cli
