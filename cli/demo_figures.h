#pragma once

#include <span>
#include <string>
#include <vector>

#include "qprompt/eval/base_to_new.h"
#include "qprompt/inference/classifier.h"
#include "qprompt/quant/encoded_matrix.h"
#include "qprompt/report/figure.h"

// What the demo's page shows, as tables and figures.
namespace qprompt::cli {

// A method's name as the page writes it.
std::string method_title(const std::string& method);

// Base, new and H for every method, in per cent, with the deviation over the runs.
report::Figure accuracy_figure(std::span<const BaseToNewRow> rows);
report::Table accuracy_table(std::span<const BaseToNewRow> rows);

// Probabilities, best first; the true class is marked.
report::Figure score_figure(std::span<const ClassScore> scores, const std::string& true_class);

// How often each code of the codebook occurs.
std::vector<int> code_counts(const EncodedMatrix& encoded);

// The histogram of full-precision values, with the codebook's values as lines.
report::Figure value_figure(std::span<const float> values, const EncodedMatrix& encoded);

// All codes of a matrix, bands of 32 for each row: the darker, the larger the value.
report::Figure code_figure(const EncodedMatrix& encoded);

}  // namespace qprompt::cli
