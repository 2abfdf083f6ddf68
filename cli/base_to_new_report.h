#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "qprompt/eval/base_to_new.h"
#include "qprompt/train/settings.h"

namespace qprompt::cli {

// The entry that a name of --methods stands for ("zeroshot", or as settings_of_name() has it), with
// `settings` for everything that the name does not say. Those that the method does not have go into
// `unknown`. `templates` are those of zero-shot.
ProtocolEntry protocol_entry(const std::string& name, const Settings& settings,
                             const std::vector<std::string>& templates,
                             std::set<std::string>& unknown);

// A line on stderr for a finished run.
void tell_run(const BaseToNewRun& run);

// Settings, rows and single runs.
nlohmann::ordered_json table_json(const std::vector<ProtocolEntry>& entries,
                                  const BaseToNewOptions& options, const BaseToNewResult& result);

// Accuracies in per cent, mean +- deviation; H of the means in a column beside the mean of the Hs.
std::string table_text(const std::vector<BaseToNewRow>& rows);

}  // namespace qprompt::cli
