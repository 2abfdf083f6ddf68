#pragma once

#include <span>
#include <string>
#include <vector>

#include "qprompt/eval/base_to_new.h"
#include "qprompt/inference/classifier.h"
#include "qprompt/quant/encoded_matrix.h"

namespace qprompt::cli {

// Inline SVG for the demo's page, coloured and lettered by the page's style sheet.

// A method's name as the page writes it.
std::string method_title(const std::string& method);

// Bars of base, new and H for every method, in per cent, with the deviation over the runs.
std::string accuracy_chart(std::span<const BaseToNewRow> rows);

// Probabilities, best first; the true class is marked.
std::string score_chart(std::span<const ClassScore> scores, const std::string& true_class);

// How often each code of the codebook occurs.
std::vector<int> code_counts(const EncodedMatrix& encoded);

// The histogram of full-precision values, with the codebook's values as lines.
std::string value_chart(std::span<const float> values, const EncodedMatrix& encoded);

// All codes of a matrix, a band for each row: the darker, the larger the value.
std::string code_grid(const EncodedMatrix& encoded);

}  // namespace qprompt::cli
