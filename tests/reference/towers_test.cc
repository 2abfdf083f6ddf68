#include "tests/reference/towers.h"

#include <gtest/gtest.h>

#include <ostream>

#include "tests/reference/finite_differences.h"
#include "tests/reference/random_clip.h"

namespace qprompt {

// Names the parametrised tests.
void PrintTo(Activation activation, std::ostream* out) {
  *out << (activation == Activation::kGelu ? "Gelu" : "QuickGelu");
}

}  // namespace qprompt

namespace qprompt::reference {
namespace {

Matrix random_matrix(Random& random, Index rows, Index cols) {
  return random.normal_matrix(rows, cols, 0.7).cast<double>();
}

class Towers : public ::testing::TestWithParam<Activation> {
 protected:
  // Two classes of different length whose last row is padding, one deep prompt of two rows.
  TextInput text_input() {
    const Index width = clip_.shape.text.width;
    return {.rows = {random_matrix(random_, 6, width), random_matrix(random_, 8, width)},
            .eot = {4, 6},
            .deep = {.first = 1, .rows = {random_matrix(random_, 2, width)}}};
  }

  std::vector<Matrix> images(Index n) {
    const Index size = clip_.shape.preprocessing.image_size;
    std::vector<Matrix> images;
    for (Index i = 0; i < n; ++i) images.push_back(random_matrix(random_, 3, size * size));
    return images;
  }

  VisionPrompts vision_prompts(Index n) {
    const Index width = clip_.shape.image.width;
    return {random_matrix(random_, n, width),
            {random_matrix(random_, n, width), random_matrix(random_, n, width)}};
  }

  Matrix d_features(Index n) { return random_matrix(random_, n, clip_.shape.embed); }

  RandomClip clip_ = random_clip(tiny_shape(GetParam()), 5);
  TextTower text_{clip_.text_stem, clip_.text_blocks, clip_.shape.text};
  ImageTower image_{clip_.image_stem, clip_.image_blocks, clip_.shape};
  Random random_{6};
};

TEST_P(Towers, GradientOfTokenRowsAgreesWithFiniteDifferences) {
  const TextInput input = text_input();
  const Matrix d = d_features(2);
  const TextGradient gradient = text_.pull_back(input, d);
  for (std::size_t c = 0; c < input.rows.size(); ++c) {
    const auto loss = [&](const Matrix& moved) {
      TextInput changed = input;
      changed.rows[c] = moved;
      return dot(d, text_.forward(changed));
    };
    expect_gradient(gradient.rows[c], loss, input.rows[c]);
  }
}

TEST_P(Towers, GradientOfDeepTextPromptsAgreesWithFiniteDifferences) {
  const TextInput input = text_input();
  const Matrix d = d_features(2);
  const auto loss = [&](const Matrix& moved) {
    TextInput changed = input;
    changed.deep.rows[0] = moved;
    return dot(d, text_.forward(changed));
  };
  expect_gradient(text_.pull_back(input, d).deep[0], loss, input.deep.rows[0]);
}

TEST_P(Towers, GradientOfVisionPromptsAgreesWithFiniteDifferences) {
  const std::vector<Matrix> pictures = images(2);
  const VisionPrompts prompts = vision_prompts(2);
  const Matrix d = d_features(2);
  const VisionPrompts shallow{prompts.tokens, {}};
  for (const VisionPrompts& at : {prompts, shallow}) {
    const auto loss = [&](const Matrix& moved) {
      return dot(d, image_.forward(pictures, {moved, at.deep}));
    };
    expect_gradient(image_.pull_back(pictures, at, d).tokens, loss, at.tokens);
  }
}

TEST_P(Towers, GradientOfDeepVisionPromptsAgreesWithFiniteDifferences) {
  const std::vector<Matrix> pictures = images(2);
  const VisionPrompts prompts = vision_prompts(2);
  const Matrix d = d_features(2);
  const VisionPrompts gradient = image_.pull_back(pictures, prompts, d);
  for (std::size_t l = 0; l < prompts.deep.size(); ++l) {
    const auto loss = [&](const Matrix& moved) {
      VisionPrompts changed = prompts;
      changed.deep[l] = moved;
      return dot(d, image_.forward(pictures, changed));
    };
    expect_gradient(gradient.deep[l], loss, prompts.deep[l]);
  }
}

TEST_P(Towers, RowsAfterEotChangeNothing) {
  const TextInput input = text_input();
  TextInput cut = input;
  for (std::size_t c = 0; c < cut.rows.size(); ++c) {
    cut.rows[c].conservativeResize(cut.eot[c] + 1, Eigen::NoChange);
  }
  EXPECT_TRUE(text_.forward(cut).isApprox(text_.forward(input), 1e-12));
}

TEST_P(Towers, FeaturesOfAnImageDoNotDependOnItsNeighbours) {
  const std::vector<Matrix> pictures = images(3);
  const Matrix together = image_.forward(pictures, {});
  EXPECT_TRUE(image_.forward({pictures[2]}, {}).isApprox(together.row(2), 1e-12));
  EXPECT_FALSE(together.row(0).isApprox(together.row(2), 1e-3));
}

INSTANTIATE_TEST_SUITE_P(Activations, Towers,
                         ::testing::Values(Activation::kQuickGelu, Activation::kGelu));

}  // namespace
}  // namespace qprompt::reference
