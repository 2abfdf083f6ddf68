#include "qprompt/train/regularizer.h"

#include "qprompt/core/error.h"
#include "qprompt/data/templates.h"
#include "qprompt/train/loss.h"
#include "qprompt/train/valid.h"

namespace qprompt {
namespace {

double size_of(const Matrix& m) { return static_cast<double>(m.size()); }

void add_to(Matrix& sum, const Matrix& term) {
  if (sum.size() == 0) {
    sum = term;
  } else {
    sum += term;
  }
}

void add_to(std::vector<Matrix>& sums, std::size_t i, const Matrix& term) {
  if (sums.size() <= i) sums.resize(i + 1);
  add_to(sums[i], term);
}

// KgCoOp (Yao et al., CVPR 2023): weight * mean over classes of 1 - cos(w_i, w_i^clip).
class KgCoOp : public Regularizer {
 public:
  explicit KgCoOp(double weight) : weight_(weight) {}

  bool compares_texts_only() const override { return true; }

  double add(const Outputs& outputs, const Outputs& frozen, OutputGradient& d) const override {
    const Matrix& anchor = frozen.texts.front();
    const double sets = static_cast<double>(outputs.texts.size());
    const double share = weight_ / (sets * static_cast<double>(anchor.rows()));
    double loss = 0;
    for (std::size_t i = 0; i < outputs.texts.size(); ++i) {
      const double cosines =
          outputs.texts[i].cast<double>().cwiseProduct(anchor.cast<double>()).sum();
      loss += weight_ / sets - share * cosines;
      add_to(d.texts, i, -static_cast<float>(share) * anchor);
    }
    return loss;
  }

 private:
  double weight_;
};

// ProGrad (Zhu et al., ICCV 2023): where the gradient g of cross-entropy conflicts with the
// gradient k of KL(p_clip || p), its part along k is removed: g - weight <g, k/|k|> k/|k|, for each
// matrix.
class ProGrad : public Regularizer {
 public:
  explicit ProGrad(double weight) : weight_(weight) {}

  bool compares_images() const override { return true; }

  std::optional<OutputGradient> second_objective(const Outputs& outputs,
                                                 const Outputs& frozen) const override {
    return OutputGradient{{}, {}, divergence(frozen.logits, outputs.logits).d_logits};
  }

  void bend(ParameterMap& gradient, const ParameterMap& second) const override {
    for (auto& [name, g] : gradient) {
      const Matrix& k = second.at(name);
      const float norm = k.norm();
      if (norm == 0) continue;
      const float along = g.cwiseProduct(k).sum() / norm;
      if (along < 0) g -= static_cast<float>(weight_) * along / norm * k;
    }
  }

 private:
  double weight_;
};

// The mean of |a - b| over all entries, and its gradient with respect to a.
double mean_distance(const Matrix& a, const Matrix& b, double weight, Matrix& d_a) {
  const Matrix difference = a - b;
  add_to(d_a, static_cast<float>(weight / size_of(a)) * difference.cwiseSign());
  return weight * static_cast<double>(difference.cwiseAbs().mean());
}

// PromptSRC (Khattak et al., ICCV 2023), its self-consistency losses:
//   text_weight mean|T - T0| + image_weight mean|I - I0| + logit_weight sum KL(p0 || p) / numel
class PromptSrc : public Regularizer {
 public:
  explicit PromptSrc(const RegularizerConfig& config) : config_(config) {}

  bool compares_images() const override { return true; }
  bool averages_raw_texts() const override { return true; }

  double add(const Outputs& outputs, const Outputs& frozen, OutputGradient& d) const override {
    const double sets = static_cast<double>(outputs.texts.size());
    double loss = 0;
    d.texts.resize(outputs.texts.size());
    for (std::size_t i = 0; i < outputs.texts.size(); ++i) {
      loss += mean_distance(outputs.texts[i], frozen.texts.front(), config_.text_weight / sets,
                            d.texts[i]);
    }
    loss += mean_distance(outputs.images, frozen.images, config_.image_weight, d.images);
    const LossGradient kl = divergence(frozen.logits, outputs.logits);
    // divergence() is the mean over images; the reference divides by images and classes.
    const double share = config_.logit_weight / static_cast<double>(outputs.logits.cols());
    add_to(d.logits, static_cast<float>(share) * kl.d_logits);
    return loss + share * kl.loss;
  }

 private:
  RegularizerConfig config_;
};

}  // namespace

void require_valid(const RegularizerConfig& config) {
  require_not_negative("kgcoop_weight", config.kgcoop_weight);
  require_not_negative("prograd_weight", config.prograd_weight);
  require_not_negative("text_weight", config.text_weight);
  require_not_negative("image_weight", config.image_weight);
  require_not_negative("logit_weight", config.logit_weight);
  if (config.kind != RegularizerKind::kNone) templates_of(config.anchor);
}

std::unique_ptr<Regularizer> make_regularizer(const RegularizerConfig& config) {
  switch (config.kind) {
    case RegularizerKind::kNone:
      return nullptr;
    case RegularizerKind::kKgCoOp:
      return std::make_unique<KgCoOp>(config.kgcoop_weight);
    case RegularizerKind::kProGrad:
      return std::make_unique<ProGrad>(config.prograd_weight);
    case RegularizerKind::kPromptSrc:
      return std::make_unique<PromptSrc>(config);
  }
  fail("regularizer number ", static_cast<int>(config.kind));
}

}  // namespace qprompt
