#pragma once

// The record of a run (docs/records.md): what every table, picture and list is computed from.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "qprompt/run/epoch_log.h"
#include "qprompt/run/execute.h"

namespace qprompt {

nlohmann::ordered_json run_record(Workbench& bench, const RunSpec& spec, const RunResult& result);
// Adds what was seen epoch by epoch.
void add_to_record(const EpochLog& log, nlohmann::ordered_json& record);
// What held-out images say.
nlohmann::ordered_json as_json(const HeldOut& held_out);
// Zero-shot accuracy beside the adapted one.
nlohmann::ordered_json comparison_as_json(const Metrics& zero_shot, const std::string& tmpl);

}  // namespace qprompt
