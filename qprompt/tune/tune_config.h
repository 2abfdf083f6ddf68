#pragma once

#include <string>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/train/settings.h"
#include "qprompt/tune/choice.h"

namespace qprompt {

struct TuneConfig {
  TuneGoal goal = TuneGoal::kNew;
  std::string budget = "10m";
  int folds = 2;
  int repeats = 3;
  ChoiceRule rule = ChoiceRule::kBest;
  std::string candidates;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("for", goal, "the classes that will be asked about: added later, those learned, or both");
    visit("budget", budget, "time for choosing, such as 90s, 10m, 2h; 0: as long as it takes");
    visit("folds", folds, "parts that the classes are cut into; each in turn is held out");
    visit("repeats", repeats, "how often they are cut anew");
    visit("rule", rule, "how one is chosen of all that was tried");
    visit("candidates", candidates,
          "methods to try in place of the list, such as qcoop,qkgcoop or \"qcoop & qclap\"");
  }
};
// Throws Error for what no choice can be made by.
QPROMPT_API void require_valid(const TuneConfig& config);

// Whether a TuneConfig has a field so called. Throws Error for text that is no value of it.
bool is_tune_setting(const std::string& name, const std::string& text);
// What these settings say of it.
TuneConfig tune_config(const Settings& settings);

// The seconds of "90s", "10m", "2h"; 0 of "0". Throws Error for other text.
double seconds_in(const std::string& duration);
// The methods to try, by their names; none: the list.
std::vector<std::string> methods_of(const TuneConfig& config);

}  // namespace qprompt
