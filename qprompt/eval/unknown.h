#pragma once

#include <string>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/core/matrix.h"
#include "qprompt/inference/adapted_model.h"

namespace qprompt {

// How well a score (inference/known_score.h) tells pictures of the classes from others.
struct KnownScoreQuality {
  std::string score;
  double auroc = 0;  // that a picture of a class scores higher than another, equals counting half
  double rejected = 0;  // share of the others below the threshold that keeps 95 % of the known
};

// Of every score that the model has: those of cosines where its logits are cosines, that against
// common words where its vocabulary has some. Words' texts are kept in the options' cache. Throws
// Error where either has no images.
QPROMPT_API std::vector<KnownScoreQuality> tell_apart(const AdaptedModel& model,
                                                      const ImageFeatures& known,
                                                      const ImageFeatures& others,
                                                      const FeatureOptions& options = {});

QPROMPT_API double auroc(const Vector& known, const Vector& others);
// The share of `others` below the highest threshold that keeps this share of `known`.
QPROMPT_API double rejected_at(double share, const Vector& known, const Vector& others);

}  // namespace qprompt
