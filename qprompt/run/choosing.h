#pragma once

// Choosing settings as a part of a run: what was tried is kept in its events, and what was chosen
// stands in its record.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "qprompt/run/event_log.h"
#include "qprompt/run/run_spec.h"
#include "qprompt/tune/tune.h"

namespace qprompt {

// What the events of an interrupted run know: what was tried, and the seconds that it took. Throws
// Error where they are of another choice.
struct TriedBefore {
  std::vector<TrialResult> trials{};
  double seconds = 0;
};
TriedBefore tried_before(const std::filesystem::path& events, const std::string& choice);

// Whether a run was interrupted while it was choosing: there is something to go on with.
bool was_choosing(const std::filesystem::path& events);

RunTried as_event(const TrialResult& trial, const std::string& choice, double seconds);

// All that was tried, by which rule, what was chosen, and what is expected of it.
nlohmann::ordered_json as_json(const TuneResult& result, const TuneSpec& spec);

}  // namespace qprompt
