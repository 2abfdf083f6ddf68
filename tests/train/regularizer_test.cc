#include "qprompt/train/regularizer.h"

#include <gmock/gmock.h>

#include <cmath>

#include "qprompt/core/random.h"
#include "tests/reference/finite_differences.h"

namespace qprompt {
namespace {

using Double = reference::Matrix;
using reference::expect_gradient;

constexpr Index kImages = 3, kClasses = 4, kEmbed = 5;

// Differences from `anchor` that stay clear of zero, where |x| has a kink.
Matrix apart_from(const Matrix& anchor, Random& random) {
  Matrix moved = anchor;
  for (float& value : values_of(moved)) {
    const double distance = random.uniform(0.05, 0.4);
    value += static_cast<float>(random.uniform() < 0.5 ? -distance : distance);
  }
  return moved;
}

struct Scene {
  Outputs outputs, frozen;
  OutputGradient d;  // what other terms of the objective have left there

  explicit Scene(std::size_t text_sets, std::uint64_t seed = 1) {
    Random random(seed);
    frozen = {random.normal_matrix(kImages, kEmbed, 0.5),
              {random.normal_matrix(kClasses, kEmbed, 0.5)},
              random.normal_matrix(kImages, kClasses, 2.0)};
    outputs = {apart_from(frozen.images, random), {}, random.normal_matrix(kImages, kClasses, 2.0)};
    for (std::size_t i = 0; i < text_sets; ++i) {
      outputs.texts.push_back(apart_from(frozen.texts.front(), random));
    }
    d.logits = random.normal_matrix(kImages, kClasses, 0.3);
  }
};

Double exact(const Matrix& m) { return m.cast<double>(); }

// Sum over images of KL(softmax(teacher) || softmax(logits)).
double divergence(const Double& teacher, const Double& logits) {
  const Double p0 = reference::softmax(teacher), p = reference::softmax(logits);
  return (p0.array() * (p0.array().log() - p.array().log())).sum();
}

double kgcoop(double weight, const Double& texts, const Double& anchor) {
  double sum = 0;
  for (Index c = 0; c < texts.rows(); ++c) sum += 1 - texts.row(c).dot(anchor.row(c));
  return weight * sum / static_cast<double>(texts.rows());
}

double mean_distance(const Double& a, const Double& b) { return (a - b).cwiseAbs().mean(); }

RegularizerConfig weighted(RegularizerKind kind) {
  return {.kind = kind,
          .kgcoop_weight = 3,
          .prograd_weight = 0.75,
          .text_weight = 7,
          .image_weight = 5,
          .logit_weight = 2};
}

TEST(KgCoOp, IsTheMeanDistanceOfTexts) {
  Scene scene(1);
  const auto regularizer = make_regularizer(weighted(RegularizerKind::kKgCoOp));
  const Matrix other_terms = scene.d.logits;
  const double loss = regularizer->add(scene.outputs, scene.frozen, scene.d);
  const Double anchor = exact(scene.frozen.texts.front()), texts = exact(scene.outputs.texts[0]);
  EXPECT_NEAR(loss, kgcoop(3, texts, anchor), 1e-6 * std::abs(loss));
  expect_gradient(
      exact(scene.d.texts[0]), [&](const Double& t) { return kgcoop(3, t, anchor); }, texts);
  EXPECT_EQ(scene.d.logits, other_terms);
  EXPECT_EQ(scene.d.images.size(), 0);
  EXPECT_FALSE(regularizer->compares_images());
}

TEST(KgCoOp, IsTheMeanOverImagesWhereEachHasItsTexts) {
  Scene scene(kImages);
  const auto regularizer = make_regularizer(weighted(RegularizerKind::kKgCoOp));
  const double loss = regularizer->add(scene.outputs, scene.frozen, scene.d);
  const Double anchor = exact(scene.frozen.texts.front());
  double expected = 0;
  for (const Matrix& texts : scene.outputs.texts) expected += kgcoop(1, exact(texts), anchor);
  EXPECT_NEAR(loss, expected, 1e-6 * std::abs(loss));  // weight 3 over 3 images
  for (std::size_t i = 0; i < 3; ++i) {
    expect_gradient(
        exact(scene.d.texts[i]), [&](const Double& t) { return kgcoop(1, t, anchor); },
        exact(scene.outputs.texts[i]));
  }
}

TEST(PromptSrc, IsTheDistanceOfTextsImagesAndLogits) {
  Scene scene(1);
  const auto regularizer = make_regularizer(weighted(RegularizerKind::kPromptSrc));
  const Double other_terms = exact(scene.d.logits);
  const double loss = regularizer->add(scene.outputs, scene.frozen, scene.d);
  const Double texts0 = exact(scene.frozen.texts[0]), texts = exact(scene.outputs.texts[0]);
  const Double images0 = exact(scene.frozen.images), images = exact(scene.outputs.images);
  const Double logits0 = exact(scene.frozen.logits), logits = exact(scene.outputs.logits);
  const auto of_texts = [&](const Double& t) { return 7 * mean_distance(t, texts0); };
  const auto of_images = [&](const Double& i) { return 5 * mean_distance(i, images0); };
  const auto of_logits = [&](const Double& l) {
    return 2 * divergence(logits0, l) / static_cast<double>(kImages * kClasses);
  };
  EXPECT_NEAR(loss, of_texts(texts) + of_images(images) + of_logits(logits), 1e-6 * std::abs(loss));
  expect_gradient(exact(scene.d.texts[0]), of_texts, texts);
  expect_gradient(exact(scene.d.images), of_images, images);
  expect_gradient(
      exact(scene.d.logits),
      [&](const Double& l) { return of_logits(l) + reference::dot(l, other_terms); }, logits);
  EXPECT_TRUE(regularizer->compares_images());
  EXPECT_TRUE(regularizer->averages_raw_texts());
}

TEST(PromptSrc, SharesItsTextLossAmongImagesWhereEachHasItsTexts) {
  Scene scene(kImages);
  const auto regularizer = make_regularizer(weighted(RegularizerKind::kPromptSrc));
  regularizer->add(scene.outputs, scene.frozen, scene.d);
  const Double anchor = exact(scene.frozen.texts[0]);
  for (std::size_t i = 0; i < 3; ++i) {
    expect_gradient(
        exact(scene.d.texts[i]), [&](const Double& t) { return 7 * mean_distance(t, anchor) / 3; },
        exact(scene.outputs.texts[i]));
  }
}

TEST(ProGrad, ComparesWithTheDivergenceFromTheFrozenModel) {
  Scene scene(1);
  const auto regularizer = make_regularizer(weighted(RegularizerKind::kProGrad));
  const Matrix other_terms = scene.d.logits;
  EXPECT_EQ(regularizer->add(scene.outputs, scene.frozen, scene.d), 0);
  EXPECT_EQ(scene.d.logits, other_terms);
  const auto second = regularizer->second_objective(scene.outputs, scene.frozen);
  ASSERT_TRUE(second.has_value());
  EXPECT_TRUE(second->texts.empty());
  const Double logits0 = exact(scene.frozen.logits);
  expect_gradient(
      exact(second->logits), [&](const Double& l) { return divergence(logits0, l) / kImages; },
      exact(scene.outputs.logits));
}

Matrix row(float x, float y) { return (Matrix(1, 2) << x, y).finished(); }

ParameterMap bent(double weight, ParameterMap gradient, const ParameterMap& second) {
  RegularizerConfig config{.kind = RegularizerKind::kProGrad, .prograd_weight = weight};
  make_regularizer(config)->bend(gradient, second);
  return gradient;
}

TEST(ProGrad, TakesWhatConflictsOutOfADirection) {
  EXPECT_EQ(bent(1, {{"ctx", row(1, -3)}}, {{"ctx", row(0, 2)}}).at("ctx"), row(1, 0));
  EXPECT_EQ(bent(0.5, {{"ctx", row(1, -3)}}, {{"ctx", row(0, 2)}}).at("ctx"), row(1, -1.5f));
  const Matrix aslant = bent(1, {{"ctx", row(-2, -5)}}, {{"ctx", row(3, 4)}}).at("ctx");
  EXPECT_TRUE(aslant.isApprox(row(1.12f, -0.84f), 1e-6f)) << aslant;
}

TEST(ProGrad, LeavesAnAgreeingDirectionAsItIs) {
  EXPECT_EQ(bent(1, {{"ctx", row(1, 3)}}, {{"ctx", row(0, 2)}}).at("ctx"), row(1, 3));
  EXPECT_EQ(bent(1, {{"ctx", row(5, 0)}}, {{"ctx", row(0, 2)}}).at("ctx"), row(5, 0));
  EXPECT_EQ(bent(1, {{"ctx", row(1, -3)}}, {{"ctx", row(0, 0)}}).at("ctx"), row(1, -3));
}

TEST(ProGrad, BendsEachMatrixByItself) {
  const ParameterMap result =
      bent(1, {{"a", row(1, -3)}, {"b", row(1, 1)}}, {{"a", row(0, 1)}, {"b", row(3, 0)}});
  EXPECT_EQ(result.at("a"), row(1, 0));
  EXPECT_EQ(result.at("b"), row(1, 1));
}

TEST(Regularizer, IsNoneByDefault) { EXPECT_EQ(make_regularizer({}), nullptr); }

}  // namespace
}  // namespace qprompt
