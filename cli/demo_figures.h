#pragma once

#include <span>
#include <string>
#include <vector>

#include "qprompt/inference/classifier.h"
#include "qprompt/quant/encoded_matrix.h"
#include "qprompt/report/figure.h"

// What the demo's page shows beside an experiment's table and figure.
namespace qprompt::cli {

// Probabilities, best first; the true class is marked.
report::Figure score_figure(std::span<const ClassScore> scores, const std::string& true_class);

// How often each code of the codebook occurs.
std::vector<int> code_counts(const EncodedMatrix& encoded);

// The histogram of full-precision values, with the codebook's values as lines.
report::Figure value_figure(std::span<const float> values, const EncodedMatrix* encoded);

// All codes of a matrix, bands of 32 for each row: the darker, the larger the value.
report::Figure code_figure(const EncodedMatrix& encoded);

}  // namespace qprompt::cli
