#pragma once

#include <span>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/eval/evaluate.h"

namespace qprompt {

// What a model that answers only where it is sure enough is right about (selective classification:
// Geifman and El-Yaniv, NeurIPS 2017).
struct CoveragePoint {
  double threshold = 0;  // answered are images whose probability is at least this
  Index images = 0;      // so many
  double coverage = 0;   // which is this share of all
  double accuracy = 0;   // among them
};

struct RiskCoverage {
  // For each of 100, 95, 90, 80, ..., 10 % the highest threshold that leaves so many images.
  std::vector<CoveragePoint> points;
  // Area under the curve of risk against coverage (Geifman et al., ICLR 2019): the mean over k = 1
  // .. n of the share of wrong answers among the k most confident; equals share theirs evenly.
  // 0..1, 0 of no images.
  double aurc = 0;
};

QPROMPT_API RiskCoverage risk_coverage(std::span<const ImageResult> images);

}  // namespace qprompt
