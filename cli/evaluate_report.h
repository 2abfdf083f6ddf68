#pragma once

#include <string>

#include "qprompt/eval/evaluate.h"
#include "qprompt/eval/selective.h"
#include "qprompt/eval/unknown.h"

namespace qprompt::cli {

// "51.39 % (40.1-62.6)": with its 95 % interval.
std::string accuracy_text(Index correct, Index images);

// "ECE 3.21 %, NLL 0.512 nats"
std::string calibration_text(const Calibration& calibration);

// A line for each bin that holds images: accuracy and confidence, and bars of both.
std::string reliability_text(const Calibration& calibration);

// A line for each coverage: the threshold that leaves it, and the accuracy there.
std::string coverage_text(const RiskCoverage& curve);

// A line for each score: AUROC, and how many of the others go where 95 % of the known are kept.
std::string others_text(const std::vector<KnownScoreQuality>& qualities, Index others);

// A line for each class: "-" for one without images.
std::string per_class_text(const Metrics& metrics, const std::vector<std::string>& class_names);

// path,label,predicted,probability,correct: a row for each image.
std::string per_image_csv(const Evaluation& evaluation,
                          const std::vector<std::string>& class_names);

}  // namespace qprompt::cli
