#include "qprompt/tune/tune.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "qprompt/clip/engine.h"
#include "qprompt/core/error.h"
#include "qprompt/core/stopwatch.h"
#include "qprompt/tune/trial.h"

namespace qprompt {
namespace {

constexpr std::size_t kFewest = 4;  // that go on to the last fold

// Candidates that are tried on the folds below `folds`, until a share of their epochs.
struct Rung {
  std::size_t candidates = 0, folds = 0;
  double share = 1;
};

std::vector<Rung> rungs_of(std::size_t candidates, std::size_t folds) {
  const auto half = [](std::size_t n) { return std::max(kFewest, (n + 1) / 2); };
  std::vector<Rung> rungs{{candidates, 1, 0.25}};
  std::size_t left = half(candidates);
  for (std::size_t f = std::min<std::size_t>(2, folds); rungs.back().folds < folds; f *= 2) {
    rungs.push_back({std::min(left, candidates), std::min(f, folds), 1});
    left = half(left);
  }
  if (rungs.size() == 1) rungs.push_back({std::min(left, candidates), 1, 1});
  return rungs;
}

// The candidate on the images, with the orders and views, of `base`.
TuneCandidate drawn_as(const LearnConfig& base, TuneCandidate candidate) {
  for (LearnConfig& part : candidate.parts) {
    part.classes = base.classes;
    part.shots = base.shots;
    part.seed = base.seed;
    part.train_seed = base.train_seed;
  }
  return candidate;
}

class Tuning {
 public:
  Tuning(const Model& model, const Dataset& chosen, const LearnConfig& base,
         const std::vector<TuneCandidate>& candidates, const TuneConfig& config,
         const FeatureOptions& features, const TuneOptions& options)
      : model_(model),
        base_(base),
        config_(config),
        options_(options),
        budget_(seconds_in(config.budget)),
        images_(model, chosen, base.effective_train_seed(), features),
        images_to_learn_(std::ssize(chosen.train)) {
    require(candidates.size() > 1, "tune: no candidate but zero-shot");
    for (const TuneCandidate& candidate : candidates) {
      result_.candidates.push_back(drawn_as(base, candidate));
    }
    result_.tables.resize(candidates.size());
    result_.class_names = chosen.class_names;
  }

  TuneResult choose() {
    result_.folds =
        folds_of(images_.labels(), images_.held_out(),
                 {config_.goal, config_.folds, config_.repeats, base_.effective_train_seed()});
    const std::vector<Rung> rungs = rungs_of(result_.candidates.size() - 1, result_.folds.size());
    std::vector<std::size_t> field(result_.candidates.size() - 1);  // those that are still tried
    for (std::size_t i = 0; i < field.size(); ++i) field[i] = i + 1;
    progress_.rungs = rungs.size();
    for (const Rung& rung : rungs) {
      narrow(field, rung);
      ++progress_.rung;
      if (!climb(field, rung)) break;
    }
    return conclusion();
  }

 private:
  // The best of those that were tried.
  void narrow(std::vector<std::size_t>& field, const Rung& rung) const {
    if (rung.candidates >= field.size()) return;
    const auto order =
        ranking(result_.tables, config_.goal, result_.tables[field.front()].folds.size());
    std::vector<std::size_t> best;
    for (const std::size_t c : order) {
      if (std::ranges::find(field, c) != field.end()) best.push_back(c);
    }
    best.resize(rung.candidates);
    std::ranges::sort(best);  // the most promising first, where the budget is short
    field = best;
  }

  // All of the field on one fold, then on the next. False where the budget is used up.
  bool climb(const std::vector<std::size_t>& field, const Rung& rung) {
    progress_.trial = 0;
    progress_.trials = field.size() * rung.folds;
    for (std::size_t fold = 0; fold < rung.folds; ++fold) {
      try_on(0, fold, 1);
      for (const std::size_t candidate : field) {
        ++progress_.trial;
        if (try_on(candidate, fold, rung.share)) continue;
        forget_from(fold);
        return result_.within_budget = false;
      }
      complete_ = std::max(complete_, fold + 1);
    }
    return true;
  }

  // Of a fold that not all were tried on nothing can be told, unless it is all there is.
  void forget_from(std::size_t fold) {
    if (fold < complete_ || fold == 0) return;
    for (TrialTable& table : result_.tables) {
      table.folds.resize(std::min(table.folds.size(), fold));
    }
  }

  // At least one candidate is tried. All ranks stop together.
  bool is_out_of_budget() const {
    const bool has_tried =
        !result_.tables[1].folds.empty() && !result_.tables[1].folds.front().empty();
    const bool here = budget_ > 0 && has_tried && seconds() >= budget_;
    return any(model_.engine().ranks(), here);
  }
  double seconds() const { return options_.seconds + watch_.seconds(); }

  // False, with nothing tried, where the budget is used up. What is known already takes no time.
  bool try_on(std::size_t c, std::size_t fold, double share) {
    const TuneCandidate& candidate = result_.candidates[c];
    const auto epochs = static_cast<std::size_t>(std::ceil(share * epochs_to_judge(candidate)));
    if (judgements(c, fold).size() < epochs) recall(c, fold, epochs);
    if (judgements(c, fold).size() >= epochs) return true;
    if (c > 0 && is_out_of_budget()) return false;
    tell(candidate);
    Trial& trial = trial_of(c, fold);
    trial.advance(static_cast<int>(epochs), options_.stop);
    judgements(c, fold) = trial.judgements();
    if (options_.keep) options_.keep({candidate.name, fold, trial.judgements()}, seconds());
    if (share == 1) trials_.erase({c, fold});
    return true;
  }

  std::vector<Judgement>& judgements(std::size_t c, std::size_t fold) {
    auto& folds = result_.tables[c].folds;
    if (folds.size() <= fold) folds.resize(fold + 1);
    return folds[fold];
  }

  // Of a trial that went further, as much as is asked for: later epochs shall not tell before their
  // time.
  void recall(std::size_t c, std::size_t fold, std::size_t epochs) {
    for (const TrialResult& known : options_.known) {
      const bool is_it = known.candidate == result_.candidates[c].name && known.fold == fold;
      if (!is_it || known.judgements.size() < epochs) continue;
      judgements(c, fold).assign(known.judgements.begin(),
                                 known.judgements.begin() + static_cast<std::ptrdiff_t>(epochs));
      return;
    }
  }

  const FoldBench& bench_of(std::size_t fold) {
    auto& bench = benches_[fold];
    if (bench == nullptr) {
      bench = std::make_unique<FoldBench>(model_, images_, result_.folds[fold], config_.goal,
                                          zero_shot_template(base_));
    }
    return *bench;
  }

  Trial& trial_of(std::size_t c, std::size_t fold) {
    auto& trial = trials_[{c, fold}];
    if (trial == nullptr) {
      trial =
          std::make_unique<Trial>(bench_of(fold), result_.candidates[c], model_, images_to_learn_);
    }
    return *trial;
  }

  void tell(const TuneCandidate& candidate) {
    if (!options_.progress) return;
    progress_.candidate = candidate.name;
    progress_.seconds = seconds();
    progress_.budget = budget_;
    const std::size_t folds = std::max<std::size_t>(1, complete_);
    if (const auto order = ranking(result_.tables, config_.goal, folds); !order.empty()) {
      const TrialTable& best = result_.tables[order.front()];
      progress_.best = result_.candidates[order.front()].name;
      progress_.best_score = best_score(best, config_.goal, folds);
      progress_.zero_shot_score = best_score(result_.tables.front(), config_.goal, folds);
    }
    options_.progress(progress_);
  }

  TuneResult conclusion() {
    for (TrialTable& table : result_.tables) {
      while (!table.folds.empty() && table.folds.back().empty()) table.folds.pop_back();
    }
    result_.pick = pick(result_.tables, config_.goal, config_.rule);
    result_.expected = expectation(result_.tables, config_.goal, config_.rule);
    result_.zero_shot = seen(result_.tables.front(), 0, config_.goal);
    if (result_.candidates.size() == 2) take_the_only_one();
    result_.seconds = seconds();
    result_.feature_seconds = images_.seconds();
    return std::move(result_);
  }

  // Whoever asks for one candidate gets it, and what it is expected to give.
  void take_the_only_one() {
    const TrialTable& table = result_.tables[1];
    if (table.folds.empty()) return;
    result_.pick = {1, table.folds.front().size() - 1};
    result_.expected = seen(table, result_.pick.epoch, config_.goal);
  }

  Model model_;
  const LearnConfig& base_;
  const TuneConfig& config_;
  const TuneOptions& options_;
  double budget_;
  Stopwatch watch_;
  ImagesAtHand images_;
  Index images_to_learn_;
  std::map<std::size_t, std::unique_ptr<FoldBench>> benches_;
  std::map<std::pair<std::size_t, std::size_t>, std::unique_ptr<Trial>> trials_;  // to go on with
  std::size_t complete_ = 0;  // folds that all of the field were tried on
  TuneProgress progress_;
  TuneResult result_;
};

}  // namespace

std::vector<LearnConfig> TuneResult::to_learn(const LearnConfig& base) const {
  if (is_zero_shot()) return {zero_shot_config(base)};
  std::vector<LearnConfig> parts = chosen().parts;
  TrainingConfig& training = parts.front().training;
  const int epoch = static_cast<int>(pick.epoch) + 1;
  if (is_judged_by_epoch(parts.front()) && epoch < epochs_to_do(training)) {
    training.stop_epoch = epoch;
  }
  return parts;
}

TuneResult tune(const Model& model, const Dataset& chosen, const LearnConfig& base,
                const std::vector<TuneCandidate>& candidates, const TuneConfig& config,
                const FeatureOptions& features, const TuneOptions& options) {
  require_valid(config);
  return Tuning(model, chosen, base, candidates, config, features, options).choose();
}

}  // namespace qprompt
