#pragma once

#include <string>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/core/matrix.h"

// Scores that tell pictures of the classes asked about from pictures of others: the higher, the
// more likely one of them. Of logits or cosines [images, n_cls]; docs/probabilities.md measures
// them.
namespace qprompt {

Vector max_probability(const Matrix& logits);     // Hendrycks and Gimpel, ICLR 2017
Vector probability_margin(const Matrix& logits);  // the best probability less the second
Vector max_logit(const Matrix& raw);              // Hendrycks et al., ICML 2022
Vector energy(const Matrix& raw);                 // log sum_c exp z_c; Liu et al., NeurIPS 2020
Vector concept_matching(const Matrix& cosines);   // max softmax(cosines); Ming et al., NeurIPS 2022
// log of the share that classes have among classes and words, of 100 times their cosines; after
// Jiang et al., ICLR 2024, with all words in one group.
Vector word_contrast(const Matrix& class_cosines, const Matrix& word_cosines);

// The one that `classify --unknown` uses: max_logit.
inline constexpr char kKnownScore[] = "max_logit";
Vector known_scores(const Matrix& raw);

// Of held-out images of the classes, in the order of their scores, lowest first.
struct HeldOutScores {
  std::vector<double> scores;  // known_scores()
  std::vector<int> right;      // 1 where the answer was right, else 0

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("scores", scores, "known scores of held-out images, lowest first");
    visit("right", right, "whether their answers were right");
  }
};

// Evenly spaced ones where there are more than a record should hold.
HeldOutScores held_out_scores(const Matrix& raw, const std::vector<bool>& right);

// The threshold that a person asks for: images with a lower score are answered as unknown.
struct UnknownRule {
  enum class Kind { kCoverage, kPrecision };
  Kind kind = Kind::kCoverage;
  double share = 0.95;  // above 0, at most 1
};
// "auto": a coverage of 0.95; "coverage=0.9", "precision=0.95". Throws Error for another text.
QPROMPT_API UnknownRule unknown_rule(const std::string& text);

// The highest threshold that keeps this share of the held-out images; the lowest above which this
// share of the answers is right. Throws Error where there are no images, and where no threshold
// reaches the precision.
QPROMPT_API double threshold_of(const UnknownRule& rule, const HeldOutScores& images);

}  // namespace qprompt
