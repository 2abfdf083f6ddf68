#include "qprompt/tune/tune.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>

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
  for (std::size_t f = 2; rungs.back().folds < folds; f *= 2) {
    rungs.push_back({std::min(left, candidates), std::min(f, folds), 1});
    left = half(left);
  }
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
    result_.failures.resize(candidates.size());
    result_.class_names = chosen.class_names;
  }

  TuneResult choose() {
    result_.folds =
        folds_of(images_.labels(), images_.held_out(),
                 {config_.goal, config_.folds, config_.repeats, base_.effective_train_seed()});
    require_something_held_out();
    const std::vector<Rung> rungs = rungs_of(result_.candidates.size() - 1, result_.folds.size());
    std::vector<std::size_t> field(result_.candidates.size() - 1);  // those that are still tried
    std::iota(field.begin(), field.end(), std::size_t{1});
    progress_.rungs = rungs.size();
    for (const Rung& rung : rungs) {
      narrow(field, rung);
      ++progress_.rung;
      if (!climb(field, rung)) break;
    }
    return conclusion();
  }

 private:
  void require_something_held_out() const {
    for (const Fold& fold : result_.folds) {
      require(!fold.held_out.empty(),
              "tune: one image a class, so that none can be held out to judge by; more shots, or "
              "images for validation, are needed");
    }
  }

  // The best of those that were tried, in their order: the most promising come first where the
  // budget is short.
  void narrow(std::vector<std::size_t>& field, const Rung& rung) {
    std::erase_if(field, [this](std::size_t c) { return !result_.failures[c].empty(); });
    if (rung.candidates < field.size()) {
      const std::size_t folds = result_.tables[field.front()].folds.size();
      auto order = ranking(result_.tables, config_.goal, folds);
      std::erase_if(order, [&](std::size_t c) { return !std::ranges::count(field, c); });
      order.resize(std::min(order.size(), rung.candidates));
      std::ranges::sort(order);
      field = order;
    }
    // What the others hold in memory is not needed any more.
    std::erase_if(trials_,
                  [&](const auto& entry) { return !std::ranges::count(field, entry.first.first); });
  }

  // All of the field on one fold, then on the next. False where the budget is used up.
  bool climb(const std::vector<std::size_t>& field, const Rung& rung) {
    progress_.trial = 0;
    progress_.trials = field.size() * rung.folds;
    for (std::size_t fold = 0; fold < rung.folds; ++fold) {
      try_on(0, fold, 1);
      for (const std::size_t candidate : field) {
        if (!try_on(candidate, fold, rung.share)) {
          forget_from(fold);
          return result_.within_budget = false;
        }
        ++progress_.trial;
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

  // At least one candidate is tried.
  bool is_out_of_budget() const {
    const auto& first = result_.tables[1].folds;
    const bool has_tried = !result_.failures[1].empty() || (!first.empty() && !first[0].empty());
    return budget_ > 0 && has_tried && seconds() >= budget_;
  }
  double seconds() const { return options_.seconds + watch_.seconds(); }

  // False, with nothing tried, where the budget is used up. What is known already takes no time.
  bool try_on(std::size_t c, std::size_t fold, double share) {
    if (!result_.failures[c].empty()) return true;
    const TuneCandidate& candidate = result_.candidates[c];
    const auto epochs = static_cast<std::size_t>(std::ceil(share * epochs_to_judge(candidate)));
    if (judgements(c, fold).size() < epochs) recall(c, fold, epochs);
    const bool is_known = judgements(c, fold).size() >= epochs || !result_.failures[c].empty();
    // All ranks stop together.
    if (is_known) return true;
    if (c > 0 && any(model_.engine().ranks(), is_out_of_budget())) return false;
    tell(candidate);
    return work_on(c, fold, epochs, share == 1);
  }

  // A candidate that fails, whose loss is not finite, say, is none any more. False where the budget
  // ends amid the work.
  bool work_on(std::size_t c, std::size_t fold, std::size_t epochs, bool is_last) {
    const auto stop = [this] { return (options_.stop && options_.stop()) || is_out_of_budget(); };
    try {
      Trial& trial = trial_of(c, fold);
      trial.advance(static_cast<int>(epochs), stop);
      judgements(c, fold) = trial.judgements();
    } catch (const Interrupted&) {
      if (options_.stop && options_.stop()) throw;
      return false;
    } catch (const Error& error) {
      fail_candidate(c, error.what());
    }
    if (options_.keep) {
      options_.keep({result_.candidates[c].name, fold, judgements(c, fold), result_.failures[c]},
                    seconds());
    }
    if (is_last) trials_.erase({c, fold});
    return true;
  }

  void fail_candidate(std::size_t c, const std::string& why) {
    require(c > 0, "tune: zero-shot: ", why);
    result_.failures[c] = why;
    result_.tables[c].folds.clear();
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
      if (known.candidate != result_.candidates[c].name || known.fold != fold) continue;
      if (known.judgements.size() >= epochs) {
        judgements(c, fold).assign(known.judgements.begin(),
                                   known.judgements.begin() + static_cast<std::ptrdiff_t>(epochs));
        return;
      }
      if (!known.failure.empty()) return fail_candidate(c, known.failure);
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

  // Whoever asks for one candidate gets it to its end, and what it showed so far.
  void take_the_only_one() {
    require(result_.failures[1].empty(), result_.candidates[1].name, ": ", result_.failures[1]);
    const int last = epochs_to_judge(result_.candidates[1]) - 1;
    result_.pick = {1, static_cast<std::size_t>(last)};
    const TrialTable& table = result_.tables[1];
    result_.expected = seen(table, table.folds.front().size() - 1, config_.goal);
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

std::optional<int> TuneResult::epoch() const {
  if (is_zero_shot() || !is_judged_by_epoch(chosen().parts.front())) return std::nullopt;
  return static_cast<int>(pick.epoch) + 1;
}

std::vector<LearnConfig> TuneResult::to_learn(const LearnConfig& base) const {
  if (is_zero_shot()) return {zero_shot_config(base)};
  std::vector<LearnConfig> parts = chosen().parts;
  TrainingConfig& training = parts.front().training;
  if (const auto chosen = epoch(); chosen && *chosen < epochs_to_do(training)) {
    training.stop_epoch = *chosen;
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
