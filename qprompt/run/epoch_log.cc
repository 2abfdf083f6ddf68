#include "qprompt/run/epoch_log.h"

#include "qprompt/artifact/packing.h"
#include "qprompt/core/stopwatch.h"

namespace qprompt {
namespace {

constexpr std::size_t kDivergencesKept = 200;  // of each matrix

}  // namespace

EpochLog::EpochLog(Workbench& bench, const RunSpec& spec) : bench_(bench), spec_(spec) {}

Observer EpochLog::watching(const Observer& observer) {
  Observer both = observer;
  both.on_values = [this, also = observer.on_values](const EpochReport& report,
                                                     const EpochValues& values) {
    add(values);
    if (also) also(report, values);
  };
  both.on_divergence = [this, also = observer.on_divergence](const Divergence& divergence) {
    divergences_.push_back(divergence);
    if (also) also(divergence);
  };
  return both;
}

void EpochLog::add(const EpochValues& values) {
  const Stopwatch watch;
  const Model& model = bench_.model();
  const LearnConfig& learn = *spec_.method.learn;
  TrainingSets& sets = bench_.training(spec_.data, learn).sets;
  const auto& learned = sets.chosen().class_names;
  const PromptFile prompt =
      packed(model, learn.method, tokenize_classes(model, learned), values.deployed, {},
             seen_classes(learned, sets.data_for(learn).set.labels));
  EpochEntry entry;
  for (const Target& target : spec_.targets) {
    TestBench& test = bench_.test(target);
    const AdaptedModel adapted(model, prompt, test.class_names);
    entry.targets[target.name] = test.images.evaluate(adapted).metrics.accuracy();
  }
  for (const auto& [name, matrix] : values.values) {
    entry.weights[name] = weight_statistics(matrix);
  }
  epochs_.push_back(std::move(entry));
  seconds_ += watch.seconds();
}

std::vector<Divergence> EpochLog::divergences() const {
  std::map<std::string, std::size_t> all, seen;
  for (const Divergence& divergence : divergences_) ++all[divergence.matrix];
  std::vector<Divergence> kept;
  for (const Divergence& divergence : divergences_) {
    const std::size_t every = (all[divergence.matrix] - 1) / kDivergencesKept + 1;
    const bool is_kept = seen[divergence.matrix]++ % every == 0;
    if (is_kept || divergence.clustered) kept.push_back(divergence);
  }
  return kept;
}

}  // namespace qprompt
