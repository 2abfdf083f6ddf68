#pragma once

#include <span>
#include <vector>

#include "qprompt/report/figure.h"
#include "qprompt/report/group.h"

// Published numbers beside ours: those of the same method, in the papers' setting of 16 shots (or
// those of the few-shot curve), whichever model ours are of.
namespace qprompt::report {

// Of one experiment; tables without rows are left out.
std::vector<Table> published_tables(std::span<const Group> groups);

// Accuracy against size of all methods: ours as averaged over the data sets, and published ones.
Figure size_figure(std::span<const Group> groups);

// Accuracy by shots: ours and published ones.
Figure shots_figure(std::span<const Group> groups);

}  // namespace qprompt::report
