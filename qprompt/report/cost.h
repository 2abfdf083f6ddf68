#pragma once

#include <vector>

#include "qprompt/report/run_record.h"
#include "qprompt/report/table.h"

namespace qprompt::report {

// The seconds of each part of the runs, sums and means, by experiment and method; all of them in
// the last row.
Table cost_table(const std::vector<RunRecord>& runs);

}  // namespace qprompt::report
