#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/clip/model.h"
#include "qprompt/core/ranks.h"
#include "qprompt/data/dataset.h"
#include "qprompt/features/feature_options.h"
#include "qprompt/features/feature_store.h"
#include "qprompt/run/description.h"
#include "qprompt/run/test_set.h"

namespace qprompt::cli {

// --model, --tokenizer, --activation, --heads, --threads, --precision
struct ModelArguments {
  std::string model;
  std::string tokenizer;
  CheckpointOptions checkpoint;
  kernels::DeviceOptions device;
  std::shared_ptr<const Ranks> ranks;  // that share the work, where there are several

  CLI::Option* add_to(CLI::App& app);       // --model, which is required
  void add_machine_options(CLI::App& app);  // all but --model
  std::vector<std::string> inputs() const { return {model, tokenizer}; }
  // Says on stderr what was assumed. Most commands need the towers one after another.
  Model load(TowerUse use = TowerUse::kInTurn) const;
};

// --cache, --no-cache, --cache-limit, --skip-bad-images
struct FeatureArguments {
  std::string cache;  // empty: the user's own
  bool no_cache = false;
  double cache_limit_gib = FeatureStore::kDefaultLimit / 0x1p30;
  bool skip_bad_images = false;

  void add_to(CLI::App& app);
  // None where there is none to be had; that is said, once.
  std::shared_ptr<FeatureStore> store() const;
  // With progress lines under `label`, and ending on SIGINT.
  FeatureOptions options(const std::string& label, const std::string& unit = "images") const;

 private:
  std::shared_ptr<FeatureStore> opened() const;

  mutable std::optional<std::shared_ptr<FeatureStore>> store_;
};

// --exif on|off; not told: as the data or the prompt have it.
struct ExifArgument {
  std::optional<Orientation> orientation;

  void add_to(CLI::App& app);
  std::optional<bool> as_flag() const;  // as prompt files have it
};

// As a prompt file has it.
std::optional<Orientation> orientation_of(std::optional<bool> exif);

// --data, --data-root, --split, --class-names, --exif
struct DataArguments {
  std::string data, data_root, split, class_names;
  ExifArgument exif;

  CLI::Option* add_to(CLI::App& app);  // --data, which is required
  void add_root_to(CLI::App& app);     // --data-root alone
  void add_lists_to(CLI::App& app);    // --split, --class-names
  std::vector<std::string> inputs() const { return {place(), split, class_names}; }
  // `data`, or the folder of the known data set that it names.
  std::string place() const;
  // Say on stderr what was understood.
  Dataset load(std::uint64_t seed) const;
  // `prompt`: file or run folder, or empty; `exif` as that prompt has it, for where no flag says
  // more.
  TestSet test_set(const std::string& prompt, const std::string& classes,
                   std::optional<std::uint64_t> seed, std::optional<bool> exif) const;
  DataDescription description(const Dataset& dataset) const;
  DataOptions options() const;
};

// Files that a command reads where it is given this prompt.
std::vector<std::string> inputs_of_prompt(const std::string& prompt);

// All of several lists.
std::vector<std::string> joined(std::initializer_list<std::vector<std::string>> lists);

// --seed of commands that look at test images only; run_folder.h says what it is without the flag.
CLI::Option* add_division_seed(CLI::App& app, std::optional<std::uint64_t>& seed);

}  // namespace qprompt::cli
