#pragma once

#include <string>
#include <vector>

#include "qprompt/report/run_record.h"

namespace qprompt::report {

// Runs whose label, data and shots are the same stand in one row and are averaged. Where they
// differ in more than their seeds (the program's version, the model, the number format, a setting),
// their labels are made to say in what: "qcoop [version 0.2.0]". So are those of runs on data sets
// of one name that hold different images, where the records say which: "qcoop [images 3f2a91bc]".
// Runs that differ in nothing, seeds included, are left out but for the first. Returns a line for
// each.
std::vector<std::string> tell_labels_apart(std::vector<RunRecord>& runs);

}  // namespace qprompt::report
