#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qprompt/eval/base_to_new.h"

namespace qprompt::cli {

// "zeroshot", "coop", "qcoop", "coop-noise": the entry that a name of --methods stands for, with
// `learn` for everything that the name does not say. Throws Error with the names there are.
ProtocolEntry protocol_entry(const std::string& name, const LearnConfig& learn,
                             const std::vector<std::string>& templates);

// A line on stderr for a finished run.
void tell_run(const BaseToNewRun& run);

// Accuracies in per cent, mean +- deviation; H of the means in brackets behind the mean of the Hs.
std::string table_text(const std::vector<BaseToNewRow>& rows);

// Settings, rows and single runs.
void add_protocol(nlohmann::ordered_json& report, const std::vector<ProtocolEntry>& entries,
                  const BaseToNewOptions& options, const BaseToNewResult& result);

}  // namespace qprompt::cli
