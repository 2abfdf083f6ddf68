#include "qprompt/run/method.h"

#include "qprompt/core/border.h"

namespace qprompt {
namespace {

// The images, and the words of zero-shot, are said as for any method.
LearnConfig base_of(const Settings& settings) {
  Settings of_prompts = settings;
  of_prompts.erase("method");
  std::set<std::string> meant_for_candidates;
  return configured(of_prompts, meant_for_candidates);
}

Method tuned(const Settings& settings, std::set<std::string>& unknown) {
  Settings given;
  for (const auto& [name, text] : settings) {
    if (!is_tune_setting(name, text)) given[name] = text;
  }
  const TuneConfig config = tune_config(settings);
  auto candidates = candidates_for(config.goal, methods_of(config), given, unknown);
  return {
      .name = kTunedName, .learn = base_of(given), .tune = TuneSpec{config, std::move(candidates)}};
}

}  // namespace

std::vector<LearnConfig> Method::all_parts() const {
  if (!learn) return {};
  if (!tune) return {*learn};
  std::vector<LearnConfig> parts;
  for (const TuneCandidate& candidate : tune->candidates) {
    parts.insert(parts.end(), candidate.parts.begin(), candidate.parts.end());
  }
  return parts;
}

void require_learns(const std::string& name) {
  if (name != kTunedName) settings_of_name(name);
}

Method named_method(const std::string& name, const Settings& settings,
                    std::set<std::string>& unknown) {
  return at_border([&]() -> Method {
    if (name == kTunedName) return tuned(settings, unknown);
    return {.name = name, .learn = named_config(name, settings, unknown)};
  });
}

}  // namespace qprompt
