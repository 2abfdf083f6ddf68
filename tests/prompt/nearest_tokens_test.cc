#include "qprompt/prompt/nearest_tokens.h"

#include "tests/prompt/prompt_test.h"

namespace qprompt {
namespace {

class NearestTokens : public PromptTest {};

TEST_F(NearestTokens, OfAnEmbeddingIsItsToken) {
  const auto near = nearest_tokens(model_, embeddings("photo cat"), 3);
  ASSERT_EQ(near.size(), 2u);
  ASSERT_EQ(near[0].size(), 3u);
  EXPECT_EQ(near[0][0].id, model_.tokenizer().encode("photo").front());
  EXPECT_EQ(near[1][0].id, model_.tokenizer().encode("cat").front());
  EXPECT_NEAR(near[0][0].distance, 0.0, 1e-3);
}

TEST_F(NearestTokens, AreOrderedByEuclideanDistance) {
  const Matrix vector = Random(5).normal_matrix(1, model_.shape().text.width, 0.5);
  const auto near = nearest_tokens(model_, vector, static_cast<int>(model_.shape().vocabulary));
  ASSERT_EQ(near.size(), 1u);
  ASSERT_EQ(static_cast<Index>(near[0].size()), model_.shape().vocabulary);
  double previous = 0;
  for (const NearToken& token : near[0]) {
    const std::vector<int> id{token.id};
    const double distance = (model_.checkpoint().token_embeddings(id) - vector).norm();
    EXPECT_NEAR(token.distance, distance, 1e-4 * distance);
    EXPECT_LE(previous, token.distance + 1e-4 * distance);
    previous = token.distance;
  }
}

}  // namespace
}  // namespace qprompt
