#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "qprompt/report/run_record.h"

namespace qprompt::report {

struct Records {
  std::vector<RunRecord> runs;       // by experiment, data set, method, shots and seeds
  std::vector<std::string> notices;  // what was left out, and what differs, one line each
};

// Records in files: JSON of one, or .jsonl (or .jsonl.xz) with one a line; and in all such files
// below folders, where JSON of something else is left out and noticed, and events.jsonl passed by.
// So are interrupted runs, and all but the first of equal ones. Runs of one table's row that differ
// in more than their seeds are told apart by their labels (labels.h). Throws Error for a damaged
// record, and where there is none.
Records read_records(std::span<const std::filesystem::path> given);

// All of them as a .jsonl.xz file has them: the same bytes for the same records.
std::string packed(const Records& records);

}  // namespace qprompt::report
