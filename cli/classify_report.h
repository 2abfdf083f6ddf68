#pragma once

#include <string>
#include <vector>

#include "qprompt/inference/classifier.h"

namespace qprompt::cli {

// One line an image: its path, then class and probability of its best scores; "(unsure)" before
// them where the classifier abstained. Damaged images have no line, here and in the CSV.
std::string lines_text(const std::vector<Classification>& results);

// path,rank,class,probability,unsure,cosine,margin: one row for each score, ranks from 1; unsure is
// 0 or 1; no cosine where there is none.
std::string csv_text(const std::vector<Classification>& results);

}  // namespace qprompt::cli
