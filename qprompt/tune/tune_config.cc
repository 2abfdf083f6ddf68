#include "qprompt/tune/tune_config.h"

#include <cmath>
#include <map>
#include <sstream>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/field_text.h"
#include "qprompt/core/unicode.h"

namespace qprompt {

bool is_tune_setting(const std::string& name, const std::string& text) {
  TuneConfig config;
  return set_field(config, name, text);
}

TuneConfig tune_config(const Settings& settings) {
  TuneConfig config;
  for (const auto& [name, text] : settings) set_field(config, name, text);
  require_valid(config);
  return config;
}

double seconds_in(const std::string& duration) {
  static const std::map<std::string, double> kUnits{{"s", 1}, {"m", 60}, {"h", 3600}};
  if (duration == "0") return 0;
  std::istringstream text(duration);
  double count = -1;
  std::string unit, rest;
  text >> count >> unit >> rest;
  const auto found = kUnits.find(unit);
  require(found != kUnits.end() && rest.empty() && std::isfinite(count) && count > 0, "budget '",
          duration, "', expected a time such as 90s, 10m or 2h, or 0 for no limit");
  return count * found->second;
}

std::vector<std::string> methods_of(const TuneConfig& config) {
  std::vector<std::string> methods;
  std::istringstream text(config.candidates);
  for (std::string method; std::getline(text, method, ',');) {
    methods.push_back(trimmed_text(method));
    require(!methods.back().empty(), "candidates '", config.candidates, "': an empty name");
  }
  return methods;
}

void require_valid(const TuneConfig& config) {
  constexpr int kMost = 1000;
  require(config.folds >= 2 && config.folds <= kMost, "folds ", config.folds, ", expected 2..",
          kMost);
  require(config.repeats >= 1 && config.repeats <= kMost, "repeats ", config.repeats,
          ", expected 1..", kMost);
  seconds_in(config.budget);
  methods_of(config);
}

}  // namespace qprompt
