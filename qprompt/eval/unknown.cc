#include "qprompt/eval/unknown.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "qprompt/clip/feature_identity.h"
#include "qprompt/clip/similarity.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/hash.h"
#include "qprompt/core/unicode.h"
#include "qprompt/features/lenient_cache.h"
#include "qprompt/inference/known_score.h"
#include "qprompt/prompt/common_words.h"
#include "qprompt/prompt/zero_shot.h"

namespace qprompt {
namespace {

constexpr std::size_t kWords = 10'000;
constexpr char kTemplate[] = "a photo of a {}.";
constexpr double kKept = 0.95;

std::set<std::string> words_of(const std::vector<std::string>& class_names) {
  std::set<std::string> words;
  for (const std::string& name : class_names) {
    std::istringstream in(folded_text(name_text(name)));
    for (std::string word; in >> word;) words.insert(word);
  }
  return words;
}

// Unit texts [words, embed], kept in the cache where there is one.
Matrix texts_of(const Model& model, const std::vector<std::string>& words,
                const std::shared_ptr<FeatureStore>& cache) {
  if (words.empty()) return Matrix(0, model.shape().embed);
  std::uint64_t hash = hash64(kTemplate, feature_identity(model));
  for (const std::string& word : words) hash = hash64(word + '\n', hash);
  const Hash128 key = hash128(std::as_bytes(std::span(&hash, 1)), hash);
  if (cache) {
    if (auto known = kept_matrix(*cache, key, model.shape().embed)) return *std::move(known);
  }
  Matrix texts = zero_shot_texts(model, {kTemplate}, words);
  if (cache) keep_matrix(*cache, key, texts);
  return texts;
}

// Of common words that stand in no class's name.
Matrix word_texts(const AdaptedModel& model, const std::shared_ptr<FeatureStore>& cache) {
  const std::vector<std::string> words = common_words(model.model(), kWords);
  const std::set<std::string> names = words_of(model.class_names());
  Matrix texts = texts_of(model.model(), words, cache);
  Index count = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!names.contains(words[i])) texts.row(count++) = texts.row(static_cast<Index>(i));
  }
  return texts.topRows(count);
}

// Scores of images of the classes and of others, by the same function.
class Comparison {
 public:
  Comparison(const AdaptedModel& model, const ImageFeatures& known, const ImageFeatures& others)
      : model_(model),
        known_{UnitRows(known.features).unit, model.scores(known)},
        others_{UnitRows(others.features).unit, model.scores(others)} {}

  template <typename Score>  // of a Side
  void add(const std::string& name, Score score) {
    const Vector known = score(known_), others = score(others_);
    qualities_.push_back({name, auroc(known, others), rejected_at(kKept, known, others)});
  }

  void add_logits() {
    add(kKnownScore, [](const Side& side) { return known_scores(side.scores.raw); });
    add("energy", [](const Side& side) { return energy(side.scores.raw); });
    add("max_probability", [](const Side& side) { return max_probability(side.scores.logits); });
    add("margin", [](const Side& side) { return probability_margin(side.scores.logits); });
  }

  void add_cosines(double scale) {
    add("concept_matching", [&](const Side& side) {
      return concept_matching(side.scores.raw / static_cast<float>(scale));
    });
  }

  void add_words(const Matrix& words) {
    const Matrix classes = zero_shot_texts(model_.model(), {kTemplate}, model_.class_names());
    add("word_contrast", [&](const Side& side) {
      return word_contrast(cosine_logits(side.unit, classes, 1),
                           cosine_logits(side.unit, words, 1));
    });
  }

  std::vector<KnownScoreQuality> qualities() const { return qualities_; }

 private:
  struct Side {
    Matrix unit;
    AdaptedModel::Scores scores;
  };

  const AdaptedModel& model_;
  Side known_, others_;
  std::vector<KnownScoreQuality> qualities_;
};

}  // namespace

// From ranks, equals sharing theirs: the statistic of Mann and Whitney.
double auroc(const Vector& known, const Vector& others) {
  std::vector<float> sorted(others.begin(), others.end());
  std::ranges::sort(sorted);
  double below = 0;
  for (const float score : known) {
    const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), score);
    below += static_cast<double>(first - sorted.begin()) + 0.5 * static_cast<double>(last - first);
  }
  return below / (static_cast<double>(known.size()) * static_cast<double>(others.size()));
}

double rejected_at(double share, const Vector& known, const Vector& others) {
  std::vector<float> sorted(known.begin(), known.end());
  std::ranges::sort(sorted);
  const double left_out = std::floor((1 - share) * static_cast<double>(sorted.size()) + 1e-9);
  const float threshold = sorted[static_cast<std::size_t>(left_out)];
  const auto below = std::ranges::count_if(others, [&](float score) { return score < threshold; });
  return static_cast<double>(below) / static_cast<double>(others.size());
}

std::vector<KnownScoreQuality> tell_apart(const AdaptedModel& model, const ImageFeatures& known,
                                          const ImageFeatures& others,
                                          const FeatureOptions& options) {
  return at_border([&] {
    require(known.features.rows() > 0 && others.features.rows() > 0,
            "tell_apart: ", known.features.rows(), " images of the classes, ",
            others.features.rows(), " others, expected some of both");
    Comparison comparison(model, known, others);
    comparison.add_logits();
    if (const auto scale = model.cosine_scale()) comparison.add_cosines(*scale);
    const Matrix words = word_texts(model, options.cache);
    if (words.rows() > 0) comparison.add_words(words);
    return comparison.qualities();
  });
}

}  // namespace qprompt
