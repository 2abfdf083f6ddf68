#pragma once

#include <string>

namespace qprompt {

// Methods that learn on features of the frozen towers. What each says of itself beside its fields:
// whether epochs of steps follow its start, whether it answers for classes that it never saw, and
// whether it reads texts of the classes.

// CLIP-Adapter (Gao et al., "CLIP-Adapter: Better Vision-Language Models with Feature Adapters",
// IJCV 2024; clip_adapter.py of its repository): a bottleneck behind the image tower.
struct ClipAdapterConfig {
  static constexpr bool kLearnsBySteps = true, kTakesNewClasses = true, kReadsTexts = true;
  double ratio = 0.2;
  int reduction = 4;
  std::string text_template = "a photo of a {}.";

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("ratio", ratio, "share of the adapted feature beside the frozen one, 0..1");
    visit("reduction", reduction, "embedding width over the hidden layer's width");
    visit("text_template", text_template, "sentence of a class, {} for its name");
  }
};

// Tip-Adapter (Zhang et al., "Tip-Adapter: Training-free Adaption of CLIP for Few-shot
// Classification", ECCV 2022): a cache of the training images' features. Its section 4.1 has
// alpha 1.0 and beta 5.5 for all data sets; its code searches both on validation images.
struct TipAdapterConfig {
  static constexpr bool kLearnsBySteps = false, kTakesNewClasses = true, kReadsTexts = true;
  double alpha = 1.0;
  double beta = 5.5;
  std::string text_template = "a photo of a {}.";

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("alpha", alpha, "weight of what the training images say beside the texts");
    visit("beta", beta, "sharpness of the cache: a cosine counts by exp(-beta (1 - cosine))");
    visit("text_template", text_template, "sentence of a class, {} for its name");
  }
};

// The same with keys that are learned by steps (Tip-Adapter-F).
struct TipAdapterFConfig : TipAdapterConfig {
  static constexpr bool kLearnsBySteps = true;
};

// L2-regularised multinomial logistic regression on features, as CLIP's linear probe (Radford et
// al., ICML 2021; its repository's README has C 0.316 with scikit-learn's L-BFGS, on features as
// they are, whose length is about 10 for ViT-B: on unit features that is 31.6).
struct LinearProbeConfig {
  static constexpr bool kLearnsBySteps = false, kTakesNewClasses = false, kReadsTexts = false;
  double cost = 31.6;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("cost", cost,
          "C of the logistic regression: weight of the images against the L2 penalty");
  }
};

// CLAP (Silva-Rodriguez et al., "A Closer Look at the Few-Shot Adaptation of Large Vision-Language
// Models", CVPR 2024): a linear probe that starts from the texts and is held to them, each class as
// firmly as zero-shot CLIP is right about it. Prototypes have the length of its text features,
// which learning rate and penalty are in proportion to: about 10 for ViT-B.
struct ClapConfig {
  static constexpr bool kLearnsBySteps = true, kTakesNewClasses = true, kReadsTexts = true;
  double penalty = 1.0;
  double prototype_length = 10;
  std::string text_template = "a photo of a {}.";

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("penalty", penalty, "weight of the distance to the texts; 0: a probe that starts there");
    visit("prototype_length", prototype_length, "length of a class's vector before it is learned");
    visit("text_template", text_template, "sentence of a class, {} for its name");
  }
};

// Gaussian discriminant analysis with one covariance for all classes, beside zero-shot CLIP (Wang
// et al., "A Hard-to-Beat Baseline for Training-Free CLIP-Based Adaptation", ICLR 2024). Its code
// searches alpha from 1e-4 to 100 on validation images; unsearched it is 1, which multiplies the
// probabilities of both.
struct GaussianConfig {
  static constexpr bool kLearnsBySteps = false, kTakesNewClasses = false, kReadsTexts = true;
  double alpha = 1.0;
  std::string text_template = "a photo of a {}.";

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("alpha", alpha, "weight of what the training images say beside the texts");
    visit("text_template", text_template, "sentence of a class, {} for its name");
  }
};

// Nearest class mean (prototypes as in Snell et al., "Prototypical Networks", NeurIPS 2017, with
// CLIP's cosines): the image is of the class whose mean of unit features is nearest.
struct ClassMeansConfig {
  static constexpr bool kLearnsBySteps = false, kTakesNewClasses = false, kReadsTexts = false;

  template <typename Visitor>
  void visit_fields(Visitor&&) {}
};

}  // namespace qprompt
