#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qprompt/serve/classifier.h"

namespace qprompt::cli {

// One line an image: its path, then class and probability of its best scores; "(unsure)" before
// them where the classifier abstained. Damaged images have no line, here and in the CSV.
std::string lines_text(const std::vector<Classification>& results);

// path,rank,class,probability,unsure: one row for each score, ranks from 1; unsure is 0 or 1.
std::string csv_text(const std::vector<Classification>& results);

void add_classifications(nlohmann::ordered_json& report,
                         const std::vector<Classification>& results);

// One line for each damaged image.
std::vector<std::string> damages(const std::vector<Classification>& results);

}  // namespace qprompt::cli
