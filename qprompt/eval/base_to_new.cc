#include "qprompt/eval/base_to_new.h"

#include <algorithm>
#include <iterator>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/train/training_sets.h"

namespace qprompt {
namespace {

// Each once: several seeds may draw the same image.
void add_skipped(const std::vector<std::string>& skipped, BaseToNewResult& result) {
  for (const std::string& line : skipped) {
    const auto end = result.skipped.end();
    if (std::find(result.skipped.begin(), end, line) == end) result.skipped.push_back(line);
  }
}

// Before anything is encoded or learned.
void require_new_classes_possible(const Model& model, const std::vector<ProtocolEntry>& entries) {
  for (const ProtocolEntry& entry : entries) {
    require(!entry.learn || !make_learner(entry.learn->method, model)->class_bound(),
            "base-to-new: '", entry.name,
            "' learns something for each class and has nothing for new classes");
  }
}

// Scarce new classes do not matter: nothing is learned from them.
std::vector<ScarceClass> scarce_among(const std::vector<ScarceClass>& scarce,
                                      const std::vector<std::string>& class_names) {
  std::vector<ScarceClass> among;
  std::copy_if(scarce.begin(), scarce.end(), std::back_inserter(among), [&](const auto& entry) {
    return std::find(class_names.begin(), class_names.end(), entry.name) != class_names.end();
  });
  return among;
}

// The test images of both halves, for all methods and seeds.
class Halves {
 public:
  Halves(const Model& model, const Dataset& dataset, const FeatureOptions& features)
      : base_(subsample_classes(dataset, ClassSubset::kBase)),
        new_(subsample_classes(dataset, ClassSubset::kNew)),
        base_images_(model, base_.test, features),
        new_images_(model, new_.test, features) {}

  void describe(BaseToNewResult& result) {
    result.base_classes = base_.class_names;
    result.new_classes = new_.class_names;
    result.base_images = base_images_.count();
    result.new_images = new_images_.count();
    for (TestImages* images : {&base_images_, &new_images_}) {
      add_skipped(images->skipped(), result);
    }
    require(result.base_images > 0 && result.new_images > 0, "base-to-new: ", result.base_images,
            " test images of base and ", result.new_images, " of new classes, expected both");
  }

  // `adapted` adapts the model to a list of names.
  template <typename Adapt>
  void test(const Adapt& adapted, BaseToNewRun& run) {
    run.base = base_images_.evaluate(adapted(base_.class_names)).metrics.accuracy();
    run.novel = new_images_.evaluate(adapted(new_.class_names)).metrics.accuracy();
  }

 private:
  Dataset base_, new_;
  TestImages base_images_, new_images_;
};

BaseToNewRun run_zero_shot(const Model& model, const ProtocolEntry& entry, Halves& halves) {
  BaseToNewRun run;
  run.method = entry.name;
  halves.test(
      [&](const auto& names) { return AdaptedModel::zero_shot(model, entry.templates, names); },
      run);
  return run;
}

// Errors say which run they are of.
Learned learned_by(const Model& model, const ProtocolEntry& entry, const LearnConfig& config,
                   const std::vector<std::string>& base_classes, const TrainingData& data,
                   const Observer& observer) {
  try {
    return learn_from(model, base_classes, data, config, observer);
  } catch (const Error& error) {
    fail(entry.name, " seed ", config.seed, ".", config.effective_train_seed(), ": ", error.what());
  }
}

BaseToNewRun run_learned(const Model& model, const ProtocolEntry& entry, const LearnConfig& config,
                         const std::vector<std::string>& base_classes, const TrainingData& data,
                         Halves& halves, const Observer& observer) {
  const Learned learned = learned_by(model, entry, config, base_classes, data, observer);
  if (learned.interrupted) throw Interrupted();
  BaseToNewRun run;
  run.method = entry.name;
  run.seed = config.seed;
  run.train_seed = config.effective_train_seed();
  halves.test([&](const auto& names) { return AdaptedModel(model, learned.prompt, names); }, run);
  run.payload_bytes = payload_size(learned.prompt);
  run.file_bytes = to_bytes(learned.prompt).size();
  run.seconds = learned.training_seconds;
  run.bits_reasons = learned.bits_reasons;
  for (const auto& [name, count] : learned.clusterings) run.clusterings += count;
  return run;
}

class Protocol {
 public:
  Protocol(const Model& model, const Dataset& dataset, const std::vector<ProtocolEntry>& entries,
           const BaseToNewOptions& options)
      : model_(model), dataset_(dataset), entries_(entries), options_(options) {}

  void run(BaseToNewResult& result) const {
    require_new_classes_possible(model_, entries_);
    Halves halves(model_, dataset_, options_.features);
    halves.describe(result);
    for (const ProtocolEntry& entry : entries_) {
      if (!entry.learn) add(run_zero_shot(model_, entry, halves), result);
    }
    for (std::uint64_t seed : options_.seeds) {
      const std::vector<std::uint64_t> own{seed};
      for (std::uint64_t train_seed : options_.train_seeds.empty() ? own : options_.train_seeds) {
        run_seed(seed, train_seed, halves, result);
      }
    }
  }

 private:
  void run_seed(std::uint64_t seed, std::uint64_t train_seed, Halves& halves,
                BaseToNewResult& result) const {
    const FewShot few = few_shot(dataset_, options_.shots, seed);
    const Dataset base = subsample_classes(few.dataset, ClassSubset::kBase);
    result.scarce = scarce_among(few.scarce, base.class_names);
    TrainingSets sets(model_, base, train_seed, options_.features);
    for (const ProtocolEntry& entry : entries_) {
      if (!entry.learn) continue;
      LearnConfig config = *entry.learn;
      config.shots = options_.shots;
      config.seed = seed;
      config.train_seed = static_cast<std::int64_t>(train_seed);
      config.classes = ClassSubset::kBase;
      const TrainingData data = sets.data_for(config);
      add_skipped(sets.skipped(config), result);
      add(run_learned(model_, entry, config, base.class_names, data, halves, options_.observer),
          result);
    }
  }

  void add(BaseToNewRun run, BaseToNewResult& result) const {
    result.runs.push_back(std::move(run));
    if (options_.on_run) options_.on_run(result.runs.back());
  }

  const Model& model_;
  const Dataset& dataset_;
  const std::vector<ProtocolEntry>& entries_;
  const BaseToNewOptions& options_;
};

BaseToNewRow summary_of(const std::vector<BaseToNewRun>& runs, const std::string& method) {
  BaseToNewRow row;
  row.method = method;
  std::vector<double> base, novel, harmonic;
  for (const BaseToNewRun& run : runs) {
    if (run.method != method) continue;
    base.push_back(run.base);
    novel.push_back(run.novel);
    harmonic.push_back(run.harmonic());
    row.payload_bytes = run.payload_bytes;
    row.file_bytes = run.file_bytes;
    row.seconds += run.seconds;
    ++row.runs;
  }
  row.base = mean_and_deviation(base);
  row.novel = mean_and_deviation(novel);
  row.harmonic = mean_and_deviation(harmonic);
  row.harmonic_of_means = harmonic_mean(row.base.mean, row.novel.mean);
  row.seconds /= std::max(row.runs, 1);
  return row;
}

}  // namespace

BaseToNewResult base_to_new(const Model& model, const Dataset& dataset,
                            const std::vector<ProtocolEntry>& entries,
                            const BaseToNewOptions& options) {
  return at_border([&] {
    BaseToNewResult result;
    try {
      Protocol(model, dataset, entries, options).run(result);
    } catch (const Interrupted&) {
      result.interrupted = true;
    } catch (const Error& error) {
      if (result.runs.empty()) throw;
      result.failure = error.what();
    }
    return result;
  });
}

std::vector<BaseToNewRow> summarize(const std::vector<BaseToNewRun>& runs) {
  std::vector<BaseToNewRow> rows;
  for (const BaseToNewRun& run : runs) {
    const bool known = std::any_of(rows.begin(), rows.end(), [&](const BaseToNewRow& row) {
      return row.method == run.method;
    });
    if (!known) rows.push_back(summary_of(runs, run.method));
  }
  return rows;
}

}  // namespace qprompt
