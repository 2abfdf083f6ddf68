#include "qprompt/tune/choice.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

using Tables = std::span<const TrialTable>;
using Folds = std::vector<std::size_t>;  // those that are looked at

Folds first_folds(std::size_t count) {
  Folds folds(count);
  std::iota(folds.begin(), folds.end(), std::size_t{0});
  return folds;
}

std::size_t epochs_of(const TrialTable& table, const Folds& folds) {
  std::size_t epochs = table.folds[folds.front()].size();
  for (const std::size_t f : folds) epochs = std::min(epochs, table.folds[f].size());
  return epochs;
}

std::vector<double> scores(const TrialTable& table, std::size_t epoch, TuneGoal goal,
                           const Folds& folds) {
  std::vector<double> values;
  values.reserve(folds.size());
  for (const std::size_t f : folds) values.push_back(score(goal, table.folds[f][epoch]));
  return values;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double changed(const TrialTable& table, std::size_t epoch, const Folds& folds) {
  double sum = 0;
  for (const std::size_t f : folds) sum += table.folds[f][epoch].changed;
  return sum;
}

MeanAndError difference(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> differences(a.size());
  std::ranges::transform(a, b, differences.begin(), std::minus());
  return mean_and_error(differences);
}

// Calls visit(pick, scores) for every epoch of every candidate that was tried on all the folds.
template <typename Visit>
void for_each_pick(Tables tables, TuneGoal goal, const Folds& folds, const Visit& visit) {
  for (std::size_t c = 0; c < tables.size(); ++c) {
    if (tables[c].folds.size() <= folds.back()) continue;
    for (std::size_t e = 0; e < epochs_of(tables[c], folds); ++e) {
      visit(Pick{c, e}, scores(tables[c], e, goal, folds));
    }
  }
}

Pick best_of(Tables tables, TuneGoal goal, const Folds& folds) {
  Pick best;
  double highest = -1;
  for_each_pick(tables, goal, folds, [&](const Pick& pick, const std::vector<double>& values) {
    if (const double now = mean(values); now > highest) {
      highest = now;
      best = pick;
    }
  });
  return best;
}

Pick least_change(Tables tables, TuneGoal goal, const Folds& folds, const Pick& best) {
  const auto of_best = scores(tables[best.candidate], best.epoch, goal, folds);
  Pick least = best;
  double fewest = changed(tables[best.candidate], best.epoch, folds);
  for_each_pick(tables, goal, folds, [&](const Pick& pick, const std::vector<double>& values) {
    const MeanAndError behind = difference(of_best, values);
    const double now = changed(tables[pick.candidate], pick.epoch, folds);
    if (behind.mean <= behind.error && now < fewest) {
      fewest = now;
      least = pick;
    }
  });
  return least;
}

Pick pick_by(Tables tables, TuneGoal goal, ChoiceRule rule, const Folds& folds) {
  Pick choice = best_of(tables, goal, folds);
  if (rule == ChoiceRule::kOneSe) choice = least_change(tables, goal, folds, choice);
  const MeanAndError gain = difference(scores(tables[choice.candidate], choice.epoch, goal, folds),
                                       scores(tables.front(), 0, goal, folds));
  return gain.mean > gain.error ? choice : Pick{};
}

Folds all_folds(Tables tables) {
  std::size_t most = 0;
  for (const TrialTable& table : tables) most = std::max(most, table.folds.size());
  // Zero-shot is tried wherever another is.
  require(most > 0 && tables.front().folds.size() == most, "tune: nothing was tried");
  Folds folds = first_folds(most);
  // A fold that zero-shot alone was tried on compares nothing.
  const auto is_tried = [&](std::size_t f) {
    return std::ranges::any_of(tables.subspan(1),
                               [f](const TrialTable& table) { return table.folds.size() > f; });
  };
  while (folds.size() > 1 && !is_tried(folds.back())) folds.pop_back();
  return folds;
}

Expectation summary(const std::vector<Judgement>& judgements, TuneGoal goal) {
  std::vector<double> learned, novel, scores;
  for (const Judgement& judgement : judgements) {
    learned.push_back(judgement.learned);
    novel.push_back(judgement.novel);
    scores.push_back(score(goal, judgement));
  }
  return {mean_and_error(learned), mean_and_error(novel), mean_and_error(scores)};
}

}  // namespace

MeanAndError mean_and_error(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  if (values.empty()) return {};
  MeanAndError result;
  for (const double value : values) result.mean += value / n;
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.error = std::sqrt(squares / (n - 1) / n);
  return result;
}

Pick pick(Tables tables, TuneGoal goal, ChoiceRule rule) {
  return pick_by(tables, goal, rule, all_folds(tables));
}

double best_score(const TrialTable& table, TuneGoal goal, std::size_t count) {
  const Folds folds = first_folds(count);
  double best = -1;
  for_each_pick({&table, 1}, goal, folds, [&](const Pick&, const std::vector<double>& values) {
    best = std::max(best, mean(values));
  });
  return best;
}

std::vector<std::size_t> ranking(Tables tables, TuneGoal goal, std::size_t count) {
  std::vector<double> best;
  for (const TrialTable& table : tables) best.push_back(best_score(table, goal, count));
  std::vector<std::size_t> order(tables.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t c) { return best[c]; });
  std::erase_if(order, [&](std::size_t c) { return best[c] < 0; });
  return order;
}

Expectation expectation(Tables tables, TuneGoal goal, ChoiceRule rule) {
  const Folds folds = all_folds(tables);
  if (folds.size() < 2) {
    const Pick choice = pick_by(tables, goal, rule, folds);
    return seen(tables[choice.candidate], choice.epoch, goal);
  }
  std::vector<Judgement> judgements;
  for (const std::size_t left_out : folds) {
    // Chosen among those that were tried on all folds, as in the end.
    std::vector<TrialTable> others(tables.begin(), tables.end());
    for (TrialTable& table : others) {
      if (table.folds.size() < folds.size()) {
        table.folds.clear();
      } else {
        table.folds.erase(table.folds.begin() + static_cast<std::ptrdiff_t>(left_out));
      }
    }
    const Pick choice = pick_by(others, goal, rule, first_folds(folds.size() - 1));
    judgements.push_back(tables[choice.candidate].folds[left_out][choice.epoch]);
  }
  return summary(judgements, goal);
}

Expectation seen(const TrialTable& table, std::size_t epoch, TuneGoal goal) {
  std::vector<Judgement> judgements;
  for (const std::vector<Judgement>& fold : table.folds) {
    if (epoch < fold.size()) judgements.push_back(fold[epoch]);
  }
  return summary(judgements, goal);
}

}  // namespace qprompt
