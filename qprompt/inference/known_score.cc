#include "qprompt/inference/known_score.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/inference/predictions.h"

namespace qprompt {
namespace {

constexpr std::size_t kMostHeldOut = 1000;
constexpr float kWordScale = 100;  // 1 / 0.01, the published temperature

template <typename Score>
Vector each_row(const Matrix& rows, Score score) {
  Vector scores(rows.rows());
  for (Index i = 0; i < rows.rows(); ++i) scores[i] = static_cast<float>(score(rows.row(i)));
  return scores;
}

double log_sum_exp(const Eigen::Ref<const Eigen::RowVectorXf>& row) {
  const auto most = static_cast<double>(row.maxCoeff());
  return most + std::log((row.cast<double>().array() - most).exp().sum());
}

}  // namespace

Vector max_probability(const Matrix& logits) {
  return each_row(logits, [](const auto& row) { return softmax(row).maxCoeff(); });
}

Vector probability_margin(const Matrix& logits) {
  return each_row(logits, [](const auto& row) {
    Eigen::RowVectorXd p = softmax(row);
    Index best = 0;
    const double most = p.maxCoeff(&best);
    p[best] = 0;
    return most - p.maxCoeff();
  });
}

Vector max_logit(const Matrix& raw) { return raw.rowwise().maxCoeff(); }

Vector energy(const Matrix& raw) {
  return each_row(raw, [](const auto& row) { return log_sum_exp(row); });
}

Vector concept_matching(const Matrix& cosines) { return max_probability(cosines); }

Vector word_contrast(const Matrix& class_cosines, const Matrix& word_cosines) {
  Vector scores(class_cosines.rows());
  for (Index i = 0; i < scores.size(); ++i) {
    const double classes = log_sum_exp(kWordScale * class_cosines.row(i));
    const double words = log_sum_exp(kWordScale * word_cosines.row(i));
    scores[i] = static_cast<float>(-std::log1p(std::exp(words - classes)));
  }
  return scores;
}

Vector known_scores(const Matrix& raw) { return max_logit(raw); }

HeldOutScores held_out_scores(const Matrix& raw, const std::vector<bool>& right) {
  const Vector scores = known_scores(raw);
  std::vector<std::size_t> order(right.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return scores[static_cast<Index>(i)]; });
  const std::size_t count = std::min(order.size(), kMostHeldOut);
  HeldOutScores images;
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t i = order[count == 1 ? 0 : k * (order.size() - 1) / (count - 1)];
    images.scores.push_back(scores[static_cast<Index>(i)]);
    images.right.push_back(right[i] ? 1 : 0);
  }
  return images;
}

UnknownRule unknown_rule(const std::string& text) {
  return at_border([&]() -> UnknownRule {
    if (text == "auto") return {};
    const std::size_t equals = text.find('=');
    const std::string kind = text.substr(0, equals);
    double share = 0;
    const char* end = text.data() + text.size();
    const bool is_number = equals != std::string::npos &&
                           std::from_chars(text.data() + equals + 1, end, share).ptr == end;
    require((kind == "coverage" || kind == "precision") && is_number && share > 0 && share <= 1,
            "'", text,
            "', expected auto, coverage=0.9 or precision=0.95, a share above 0 and up to 1");
    return {kind == "coverage" ? UnknownRule::Kind::kCoverage : UnknownRule::Kind::kPrecision,
            share};
  });
}

namespace {

double threshold_of_coverage(double share, const HeldOutScores& images) {
  const auto n = static_cast<double>(images.scores.size());
  const auto left_out = static_cast<std::size_t>(std::floor((1 - share) * n + 1e-9));
  return images.scores[std::min(left_out, images.scores.size() - 1)];
}

double threshold_of_precision(double share, const HeldOutScores& images) {
  double threshold = std::numeric_limits<double>::quiet_NaN(), best = 0;
  Index right = 0, kept = 0;
  for (std::size_t i = images.scores.size(); i-- > 0;) {
    right += images.right[i];
    ++kept;
    if (i > 0 && images.scores[i - 1] == images.scores[i]) continue;  // no threshold parts equals
    const double precision = static_cast<double>(right) / static_cast<double>(kept);
    best = std::max(best, precision);
    if (precision >= share) threshold = images.scores[i];
  }
  require(!std::isnan(threshold), "no threshold answers with a precision of ", share,
          ": the best on the ", images.scores.size(), " held-out images is ", best);
  return threshold;
}

}  // namespace

double threshold_of(const UnknownRule& rule, const HeldOutScores& images) {
  return at_border([&] {
    require(!images.scores.empty() && images.scores.size() == images.right.size(), "scores of ",
            images.scores.size(), " held-out images and ", images.right.size(),
            " answers, expected as many of both, and some");
    return rule.kind == UnknownRule::Kind::kCoverage ? threshold_of_coverage(rule.share, images)
                                                     : threshold_of_precision(rule.share, images);
  });
}

}  // namespace qprompt
