#pragma once

#include <memory>
#include <optional>

#include "qprompt/prompt/prompted_clip.h"
#include "qprompt/train/regularizer_config.h"

namespace qprompt {

// Throws Error for weights that are negative or no numbers, and for an anchor that templates_of()
// refuses.
void require_valid(const RegularizerConfig& config);

// Sees what the prompted and the frozen model say; knows neither method nor quantizer. Its terms
// are means over the images, or of texts alone, so that a batch may come in parts.
class Regularizer {
 public:
  virtual ~Regularizer() = default;

  // Whether it acts on nothing but learned texts.
  virtual bool compares_texts_only() const { return false; }
  // Whether frozen.images and frozen.logits must be there.
  virtual bool compares_images() const { return false; }
  // Whether the frozen texts average raw text features over templates, instead of unit ones.
  virtual bool averages_raw_texts() const { return false; }

  // The terms beside cross-entropy; adds their gradient to `d_outputs`.
  virtual double add(const Outputs&, const Outputs& /*frozen*/, OutputGradient&) const { return 0; }

  // For those that bend the parameters' gradient instead: a second objective, ...
  virtual std::optional<OutputGradient> second_objective(const Outputs&,
                                                         const Outputs& /*frozen*/) const {
    return std::nullopt;
  }
  // ... and what becomes of the gradient when that objective's is known.
  virtual void bend(ParameterMap& /*gradient*/, const ParameterMap& /*second*/) const {}
};

// None for kNone.
std::unique_ptr<Regularizer> make_regularizer(const RegularizerConfig& config);

}  // namespace qprompt
