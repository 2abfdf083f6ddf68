#include "qprompt/run/training_run.h"

#include <nlohmann/json.hpp>

#include "qprompt/clip/engine.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/hash.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/kernels/device.h"
#include "qprompt/run/record.h"
#include "qprompt/run/run_folder.h"
#include "qprompt/train/training_state.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

// Of what a run learns from and is judged by while it learns: class names, and the images with
// their labels.
std::uint64_t list_fingerprint(const Dataset& dataset) {
  std::uint64_t hash = 0;
  for (const std::string& name : dataset.class_names) hash = hash64(name, hash);
  for (const auto* items : {&dataset.train, &dataset.val}) {
    for (const Item& item : *items) {
      hash = hash64(item.image.name() + '\n' + std::to_string(item.label), hash);
    }
  }
  return hash;
}

class Run {
 public:
  Run(const Model& model, const Dataset& dataset, const LearnConfig& config,
      const TrainingRunOptions& options)
      : model_(model),
        ranks_(model.engine().ranks()),
        dataset_(dataset),
        config_(config),
        options_(options) {}

  TrainingRun finish() const {
    require_one_a_line(dataset_.class_names);
    TrainingRun run{learned(), {}, {}};
    run.learned.prompt.exif = options_.exif;
    // The prompt is safe before anything else can fail.
    save(run);
    if (!run.learned.interrupted && ranks_.is_root()) fs::remove(state_path());
    compare(run);
    if (run.comparison) save(run);
    return run;
  }

 private:
  fs::path state_path() const { return options_.folder / kStateName; }

  // What must be the same for a run to be resumed. The learning rate may be another one: a run that
  // diverged goes on from its last good epoch with a smaller one.
  std::string settings() const {
    nlohmann::ordered_json settings = as_json(config_);
    settings.erase("lr");
    settings["model"] = hex64(model_.identity());
    settings["precision"] = enum_name(model_.device().format());
    settings["tokenizer"] = options_.tokenizer;
    settings["data"] = options_.data.path;
    settings["split"] = options_.data.split;
    settings["exif"] = options_.data.exif;
    settings["list"] = hex64(list_fingerprint(dataset_));
    return json_line(settings);
  }

  // Without a state there was no finished epoch, and the run begins; a finished run is left alone.
  std::optional<TrainingState> state_to_resume(const std::string& settings) const {
    if (!options_.resume) return std::nullopt;
    if (fs::exists(state_path())) return load_state_file(state_path(), settings);
    require(run_state(options_.folder) != RunState::kFinished, options_.folder.string(),
            ": this run is finished");
    return std::nullopt;
  }

  // An error amid the run, such as a loss that is not finite, says where the last good state is.
  Learned learned() const {
    const std::string settings = this->settings();
    const std::optional<TrainingState> state = state_to_resume(settings);
    const std::string begin = std::to_string(state ? state->steps : 0) + settings;
    require(agree(ranks_, hash64(begin)), options_.folder.string(),
            ": ranks begin from different states, images or settings; all must see the same files");
    bool has_state = false;  // of this very call: one that cannot be gone on with is no advice
    Observer observer = options_.observer;
    // Another run's state is kept until this one has its own.
    observer.on_state = [&](const TrainingState& now) {
      if (!ranks_.is_root()) return;
      save_state_file(now, settings, state_path());
      has_state = true;
    };
    try {
      return learn(model_, dataset_, config_, options_.features, observer,
                   state ? &*state : nullptr);
    } catch (const Error& error) {
      if (!has_state) throw;
      fail(error.what(), "; the last whole epoch is kept in ", state_path().string(),
           ", --resume goes on from it, with another --lr too");
    }
  }

  void compare(TrainingRun& run) const {
    const Dataset chosen = subsample_classes(dataset_, config_.classes);
    if (options_.templates.empty() || chosen.test.empty() || run.learned.interrupted) return;
    TestImages images(model_, chosen.test, options_.test_features);
    run.comparison = {
        images.evaluate(AdaptedModel::zero_shot(model_, options_.templates, chosen.class_names)),
        images.evaluate(AdaptedModel(model_, run.learned.prompt, chosen.class_names))};
    run.skipped = images.skipped();
  }

  void save(const TrainingRun& run) const {
    if (!ranks_.is_root()) return;
    nlohmann::ordered_json record = record_header("train", model_);
    record["data"] = as_json(options_.data);
    record["settings"] = as_json(config_);
    record["preset"] = as_json(options_.preset);
    record.update(as_json(run.learned));
    if (run.comparison) {
      const auto& [zero_shot, adapted] = *run.comparison;
      record["test"] = {{"images", run.comparison->adapted.images},
                        {"template", options_.zero_shot_template},
                        {"zero_shot_accuracy", zero_shot.accuracy()},
                        {"zero_shot_interval", interval_json(zero_shot.correct, zero_shot.images)},
                        {"adapted_accuracy", adapted.accuracy()},
                        {"adapted_interval", interval_json(adapted.correct, adapted.images)}};
    }
    save_run(options_.folder, run.learned.prompt, run.learned.class_names, json_text(record));
  }

  const Model& model_;
  const Ranks& ranks_;
  const Dataset& dataset_;
  const LearnConfig& config_;
  const TrainingRunOptions& options_;
};

}  // namespace

TrainingRun run_training(const Model& model, const Dataset& dataset, const LearnConfig& config,
                         const TrainingRunOptions& options) {
  return at_border([&] { return Run(model, dataset, config, options).finish(); });
}

}  // namespace qprompt
