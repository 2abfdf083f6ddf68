#include "qprompt/run/execute.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "qprompt/clip/engine.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/file.h"
#include "qprompt/core/hash.h"
#include "qprompt/core/stopwatch.h"
#include "qprompt/kernels/device.h"
#include "qprompt/run/choosing.h"
#include "qprompt/run/epoch_log.h"
#include "qprompt/run/event_log.h"
#include "qprompt/run/held_out.h"
#include "qprompt/run/record.h"
#include "qprompt/run/resumption.h"
#include "qprompt/run/run_folder.h"
#include "qprompt/run/run_record.h"
#include "qprompt/run/tensorboard.h"
#include "qprompt/train/training_state.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

class Run {
 public:
  Run(Workbench& bench, const RunSpec& spec, const RunOptions& options)
      : bench_(bench),
        ranks_(bench.model().engine().ranks()),
        spec_(spec),
        options_(options),
        resumption_(bench.model(), spec, options),
        epochs_(bench, spec) {}

  RunResult finish() {
    require_possible(spec_, bench_.model());
    if (spec_.method.learn) require_one_a_line(spec_.data->dataset.class_names);
    resumption_.require_same_kind();
    if (spec_.method.tune) {
      tried_ = resumption_.tried();
    } else if (spec_.method.learn) {
      settle({*spec_.method.learn});
    }
    begin_events();
    telling_failure([&] { spec_.method.learn ? learn_and_test() : test_frozen(); });
    return std::move(result_);
  }

 private:
  // What is learned is known.
  void settle(std::vector<LearnConfig> parts) {
    parts_ = std::move(parts);
    settings_ = resumption_.settings_of(config());
    resume_ = resumption_.state(settings_);
    require_agreement();
  }

  const LearnConfig& config() const { return parts_.front(); }

  void require_agreement() const {
    const std::string begin = std::to_string(resume_ ? resume_->steps : 0) + settings_;
    require(agree(ranks_, hash64(begin)), options_.folder.string(),
            ": ranks begin from different states, images or settings; all must see the same files");
  }

  void begin_events() {
    if (!ranks_.is_root()) return;
    RunBegun begun{.experiment = spec_.experiment,
                   .label = label_of(spec_),
                   .dataset = spec_.data->dataset.name};
    if (spec_.method.learn) {
      begun.shots = spec_.method.learn->shots;
      begun.seed = spec_.method.learn->seed;
      begun.train_seed = spec_.method.learn->effective_train_seed();
    }
    if (!parts_.empty()) {
      const bool steps = make_learner(config().method, bench_.model())->learns_by_steps();
      begun.epochs = steps ? config().training.epochs : 0;
      begun.epochs_done = resume_ ? static_cast<int>(resume_->epochs.size()) : 0;
    }
    const bool goes_on = resume_ || !tried_.trials.empty();
    events_.emplace(options_.folder / kEventsName,
                    goes_on ? EventLog::Begin::kAppend : EventLog::Begin::kAnew);
    events_->write(begun);
    if (!options_.tensorboard.empty()) board_.emplace(options_.tensorboard);
  }

  template <typename Work>
  void telling_failure(const Work& work) {
    events_ ? events_->telling_failure(work) : work();
  }

  // Nothing is learned, so there is no prompt and nothing to resume.
  void test_frozen() {
    test();
    is_finished_ = true;
    if (!ranks_.is_root()) return;
    write_file(options_.folder / kReportName, json_text(record()));
    events_->write(RunEnded{});
  }

  void choose() {
    TuneOptions options{.stop = options_.observer.stop,
                        .progress = options_.on_choosing,
                        .known = tried_.trials,
                        .seconds = tried_.seconds};
    options.keep = [this, hash = resumption_.choice()](const TrialResult& trial, double seconds) {
      if (events_) events_->write(as_event(trial, hash, seconds));
    };
    const std::string known = resumption_.choice() + std::to_string(tried_.trials.size());
    require(agree(ranks_, hash64(known)), options_.folder.string(),
            ": ranks know of different trials; all must see the same files");
    // Of another run, since nothing of this one is known.
    if (tried_.trials.empty() && ranks_.is_root()) fs::remove(resumption_.state_path());
    const TuneSpec& spec = *spec_.method.tune;
    const LearnConfig& base = *spec_.method.learn;
    result_.tuned = tune(bench_.model(), bench_.training(spec_.data, base).sets.chosen(), base,
                         spec.candidates, spec.config, bench_.training_options(), options);
    settle(result_.tuned->to_learn(base));
  }

  void learn_and_test() {
    if (spec_.method.tune) choose();
    result_.learned = learned();
    result_.learned->prompt.exif = options_.exif;
    save();  // the prompt is safe before anything else can fail; the run is not finished
    if (result_.learned->interrupted) {
      if (events_) events_->write(RunInterrupted{});
      return;
    }
    test();
    compare();
    is_finished_ = true;
    save();
    if (ranks_.is_root()) fs::remove(resumption_.state_path());
    if (events_) events_->write(RunEnded{});
    if (options_.forecast && !result_.tuned) look_at_held_out();
  }

  // An error amid the run, such as a loss that is not finite, says where the last good state is.
  Learned learned() {
    bool has_state = false;  // of this very call: one that cannot be gone on with is no advice
    Observer observer = watching(options_.observer);
    // Another run's state is kept until this one has its own.
    observer.on_state = [&](const TrainingState& now) {
      // What was seen of the epochs before is not in a state.
      if (spec_.by_epoch || !ranks_.is_root()) return;
      save_state_file(now, settings_, resumption_.state_path());
      has_state = true;
    };
    try {
      return learned_with(observer);
    } catch (const Error& error) {
      if (!has_state) throw;
      fail(error.what(), "; the last whole epoch is kept in ", resumption_.state_path().string(),
           ", --resume goes on from it, with another --lr too");
    }
  }

  Observer watching(Observer observer) {
    if (events_) observer = events_->watching(observer);
    if (board_) observer = board_->watching(observer);
    return spec_.by_epoch ? epochs_.watching(telling_targets(observer)) : observer;
  }

  // Heard after the epoch's targets were tested.
  Observer telling_targets(Observer observer) {
    observer.on_values = [this, told = std::move(observer.on_values)](const EpochReport& report,
                                                                      const EpochValues& values) {
      if (board_) board_->write_targets(report.epoch, epochs_.epochs().back().targets);
      if (told) told(report, values);
    };
    return observer;
  }

  Learned learned_with(const Observer& observer) {
    TrainingBench& training = bench_.training(spec_.data, config());
    TrainingSets& sets = training.sets;
    const double before = sets.seconds();  // images that another run has prepared cost nothing
    TrainingData data = sets.data_for(config());
    data.resume = resume_ ? &*resume_ : nullptr;
    Learned learned =
        learn_from(bench_.model(), sets.chosen().class_names, data, config(), observer);
    if (!learned.interrupted) add_partners(sets, data, learned);
    learned.skipped = sets.skipped(config());
    learned.scarce = training.scarce;
    learned.feature_seconds = sets.seconds() - before;
    learned.training_seconds -= epochs_.seconds();
    return learned;
  }

  // The other parts of a mean. They learn in a moment, and are learned anew where a run is resumed.
  void add_partners(TrainingSets& sets, const TrainingData& data, Learned& learned) {
    if (parts_.size() == 1) return;
    const Observer quiet{.stop = options_.observer.stop};
    for (std::size_t i = 1; i < parts_.size(); ++i) {
      LearnConfig part_config = parts_[i];
      part_config.temperature = false;  // the whole has one
      Learned part = learn_from(bench_.model(), sets.chosen().class_names,
                                sets.data_for(part_config), part_config, quiet);
      learned.interrupted = learned.interrupted || part.interrupted;
      learned.training_seconds += part.training_seconds;
      learned.prompt.partners.push_back(std::move(part.prompt));
    }
    calibrate(bench_.model(), data, config(), learned);
  }

  // The run is finished without it: nothing that goes wrong here takes it back.
  void look_at_held_out() {
    TrainingSets& sets = bench_.training(spec_.data, config()).sets;
    try {
      result_.held_out = held_out(bench_.model(), sets, config(), result_.learned->prompt,
                                  bench_.training_options(), options_.observer);
      save();
    } catch (const Interrupted&) {
      result_.held_out_failure = "interrupted";
    } catch (const Error& error) {
      result_.held_out_failure = error.what();
    }
  }

  // The model that is tested.
  AdaptedModel adapted_to(const std::vector<std::string>& names) const {
    const Model& model = bench_.model();
    return result_.learned ? AdaptedModel(model, result_.learned->prompt, names)
                           : AdaptedModel::zero_shot(model, spec_.method.templates, names);
  }

  void test() {
    const Stopwatch watch;
    for (const Target& target : spec_.targets) {
      TestBench& test = bench_.test(target);
      const AdaptedModel adapted = adapted_to(test.class_names);
      const Stopwatch encoding;  // of images that another run has encoded: nothing
      if (!adapted.prompts_images()) test.images.count();
      encoding_seconds_ += encoding.seconds();
      result_.targets.push_back(test.images.evaluate(adapted));
      add_skipped(test.images.skipped());
    }
    test_seconds_ = watch.seconds() - encoding_seconds_;
    if (board_ && !spec_.by_epoch) board_->write_targets(last_epoch(), accuracies());
  }

  int last_epoch() const {
    return result_.learned ? static_cast<int>(result_.learned->epochs.size()) : 0;
  }

  std::map<std::string, double> accuracies() const {
    std::map<std::string, double> accuracies;
    for (std::size_t i = 0; i < spec_.targets.size(); ++i) {
      accuracies[spec_.targets[i].name] = result_.targets[i].metrics.accuracy();
    }
    return accuracies;
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
    const auto frozen =
        AdaptedModel::zero_shot(bench_.model(), options_.templates, test.class_names);
    result_.zero_shot = test.images.evaluate(frozen).metrics;
  }

  nlohmann::ordered_json record() {
    nlohmann::ordered_json record = run_record(bench_, spec_, result_);
    record["interrupted"] = !is_finished_;
    if (result_.tuned) record["seconds"]["choosing"] = result_.tuned->seconds;
    record["seconds"]["test_features"] = encoding_seconds_;
    record["seconds"]["evaluation"] = test_seconds_;
    if (spec_.by_epoch) add_to_record(epochs_, record);
    if (result_.tuned) record["tune"] = as_json(*result_.tuned, *spec_.method.tune);
    if (result_.held_out) record["held_out"] = as_json(*result_.held_out);
    if (result_.zero_shot) {
      record["zero_shot"] = comparison_as_json(*result_.zero_shot, options_.zero_shot_template);
    }
    return record;
  }

  void save() {
    if (!ranks_.is_root()) return;
    const Learned& learned = *result_.learned;
    save_run(options_.folder, learned.prompt, learned.class_names, json_text(record()));
  }

  Workbench& bench_;
  const Ranks& ranks_;
  const RunSpec& spec_;
  const RunOptions& options_;
  const Resumption resumption_;
  EpochLog epochs_;
  std::optional<EventLog> events_;  // of the rank that writes
  std::optional<TensorBoardLog> board_;
  std::vector<LearnConfig> parts_;  // what is learned; of a mean the first is what epochs are of
  TriedBefore tried_;               // by an interrupted choice
  std::string settings_;
  std::optional<TrainingState> resume_;
  RunResult result_;
  double encoding_seconds_ = 0, test_seconds_ = 0;
  bool is_finished_ = false;  // tested, too
};

}  // namespace

RunResult execute(Workbench& bench, const RunSpec& spec, const RunOptions& options) {
  return at_border([&] { return Run(bench, spec, options).finish(); });
}

}  // namespace qprompt
