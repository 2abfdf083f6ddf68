#include "qprompt/run/execute.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/file.h"
#include "qprompt/core/hash.h"
#include "qprompt/core/stopwatch.h"
#include "qprompt/kernels/device.h"
#include "qprompt/run/epoch_log.h"
#include "qprompt/run/record.h"
#include "qprompt/run/run_folder.h"
#include "qprompt/run/run_record.h"
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
  Run(Workbench& bench, const RunSpec& spec, const RunOptions& options)
      : bench_(bench), spec_(spec), options_(options), log_(bench, spec) {}

  RunResult finish() {
    require_possible(spec_, bench_.model());
    if (!spec_.method.learn) {
      test();
      write_file(options_.folder / kReportName, json_text(record()));
      return std::move(result_);
    }
    require_one_a_line(spec_.data->dataset.class_names);
    result_.learned = learned();
    result_.learned->prompt.exif = options_.exif;
    save();  // the prompt is safe before anything else can fail
    if (!result_.learned->interrupted) {
      test();
      compare();
      fs::remove(state_path());
      save();
    }
    return std::move(result_);
  }

 private:
  // The model that is tested.
  AdaptedModel adapted_to(const std::vector<std::string>& names) const {
    const Model& model = bench_.model();
    return result_.learned ? AdaptedModel(model, result_.learned->prompt, names)
                           : AdaptedModel::zero_shot(model, spec_.method.templates, names);
  }

  const LearnConfig& config() const { return *spec_.method.learn; }
  fs::path state_path() const { return options_.folder / kStateName; }

  // What must be the same for a run to be resumed. The learning rate may be another one: a run that
  // diverged goes on from its last good epoch with a smaller one.
  std::string settings() const {
    const DataDescription& data = spec_.data->description;
    nlohmann::ordered_json settings = as_json(config());
    settings.erase("lr");
    settings["model"] = hex64(bench_.model().identity());
    settings["precision"] = enum_name(bench_.model().device().format());
    settings["tokenizer"] = options_.tokenizer;
    settings["data"] = data.path;
    settings["split"] = data.split;
    settings["exif"] = data.exif;
    settings["list"] = hex64(list_fingerprint(spec_.data->dataset));
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
  Learned learned() {
    const std::string settings = this->settings();
    const std::optional<TrainingState> state = state_to_resume(settings);
    bool has_state = false;  // of this very call: one that cannot be gone on with is no advice
    Observer observer = spec_.by_epoch ? log_.watching(options_.observer) : options_.observer;
    // Another run's state is kept until this one has its own.
    observer.on_state = [&](const TrainingState& now) {
      if (spec_.by_epoch) return;  // what was seen of the epochs before is not in it
      save_state_file(now, settings, state_path());
      has_state = true;
    };
    try {
      return learned_from(state ? &*state : nullptr, observer);
    } catch (const Error& error) {
      if (!has_state) throw;
      fail(error.what(), "; the last whole epoch is kept in ", state_path().string(),
           ", --resume goes on from it, with another --lr too");
    }
  }

  Learned learned_from(const TrainingState* resume, const Observer& observer) {
    TrainingBench& training = bench_.training(spec_.data, config());
    TrainingSets& sets = training.sets;
    TrainingData data = sets.data_for(config());
    data.resume = resume;
    Learned learned =
        learn_from(bench_.model(), sets.chosen().class_names, data, config(), observer);
    learned.skipped = sets.skipped();
    learned.scarce = training.scarce;
    learned.feature_seconds = sets.seconds();
    return learned;
  }

  void test() {
    const Stopwatch watch;
    for (const Target& target : spec_.targets) {
      TestBench& test = bench_.test(target);
      result_.targets.push_back(test.images.evaluate(adapted_to(test.chosen.class_names)));
      add_skipped(test.images.skipped());
    }
    test_seconds_ = watch.seconds();
  }

  void add_skipped(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      if (std::ranges::find(result_.skipped, line) == result_.skipped.end()) {
        result_.skipped.push_back(line);
      }
    }
  }

  void compare() {
    if (options_.templates.empty() || spec_.targets.empty()) return;
    TestBench& test = bench_.test(spec_.targets.front());
    const auto frozen = AdaptedModel::zero_shot(bench_.model(), options_.templates,
                                                test.chosen.class_names);
    result_.zero_shot = test.images.evaluate(frozen).metrics;
  }

  nlohmann::ordered_json record() {
    nlohmann::ordered_json record = run_record(bench_, spec_, result_, test_seconds_);
    if (spec_.by_epoch) add_to_record(log_, record);
    if (result_.zero_shot) {
      record["zero_shot"] = comparison_as_json(*result_.zero_shot, options_.zero_shot_template);
    }
    return record;
  }

  void save() {
    const Learned& learned = *result_.learned;
    save_run(options_.folder, learned.prompt, learned.class_names, json_text(record()));
  }

  Workbench& bench_;
  const RunSpec& spec_;
  const RunOptions& options_;
  EpochLog log_;
  RunResult result_;
  double test_seconds_ = 0;
};

}  // namespace

RunResult execute(Workbench& bench, const RunSpec& spec, const RunOptions& options) {
  return at_border([&] { return Run(bench, spec, options).finish(); });
}

}  // namespace qprompt
