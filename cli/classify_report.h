#pragma once

#include <string>
#include <vector>

#include "qprompt/inference/classifier.h"

namespace qprompt::cli {

// One line an image: its path, then class and probability of its best scores; before them
// "(unknown)" where it is probably of another class, else "(unsure)" where the classifier
// abstained. Damaged images have no line, here and in the CSV.
std::string lines_text(const std::vector<Classification>& results);

// kColumns: one row for each score, ranks from 1; unsure and unknown are 0 or 1; no cosine where
// there is none.
inline constexpr char kColumns[] =
    "path,rank,class,probability,unsure,cosine,margin,unknown,known_score";
std::string csv_text(const std::vector<Classification>& results);

}  // namespace qprompt::cli
