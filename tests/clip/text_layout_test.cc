#include "qprompt/clip/text_layout.h"

#include "qprompt/checkpoint/checkpoint_tokenizer.h"

#include "tests/clip/plain_text.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using Rows = std::vector<TextRow>;

class TemplateLayout : public ::testing::Test {
 protected:
  TextLayout layout(const std::string& sentence, const std::vector<std::string>& names) {
    return template_layout(tokenizer_, sentence, names, towers_.checkpoint.shape().context_length);
  }
  Rows sentence(const std::string& text) {
    Rows rows{TextRow::token(tokenizer_.start_token())};
    for (int id : tokenizer_.encode(text)) rows.push_back(TextRow::token(id));
    rows.push_back(TextRow::token(tokenizer_.end_token()));
    return rows;
  }
  static Rows joined(const TextLayout& layout, std::size_t c) {
    Rows rows = layout.shared;
    rows.insert(rows.end(), layout.own[c].begin(), layout.own[c].end());
    return rows;
  }

  RandomTowers towers_{testing::small_clip_shape()};
  Tokenizer tokenizer_ = load_tokenizer_for(towers_.checkpoint);
};

TEST_F(TemplateLayout, SharesTheLongestCommonPrefixAndNothingElse) {
  const std::vector<std::string> names{"cat", "car", "dog"};
  const TextLayout result = layout("a photo of {}.", names);
  EXPECT_EQ(result.shared, [&] {
    Rows rows = sentence("a photo of");
    rows.pop_back();
    return rows;
  }());
  for (std::size_t c = 0; c < names.size(); ++c) {
    EXPECT_EQ(joined(result, c), sentence("a photo of " + names[c] + "."));
  }
}

TEST_F(TemplateLayout, LeavesEachClassItsEot) {
  const TextLayout one = layout("a {}.", {"dog"});
  EXPECT_EQ(one.own[0], Rows{TextRow::token(tokenizer_.end_token())});
  const TextLayout twins = layout("a {}.", {"dog", "dog"});
  EXPECT_EQ(twins.own[0].size(), 1u);
  EXPECT_EQ(joined(twins, 1), sentence("a dog."));
}

TEST_F(TemplateLayout, ReadsAnUnderscoreAsASpace) {
  EXPECT_EQ(joined(layout("a {}.", {"big_dog", "cat"}), 0), sentence("a big dog."));
}

TEST_F(TemplateLayout, CutsAtTheFirstEndOfText) {
  const TextLayout result = layout("{} toy", {"dog <|endoftext|> cat", "cat"});
  EXPECT_EQ(joined(result, 0), sentence("dog"));
  EXPECT_EQ(joined(result, 1), sentence("cat toy"));
}

TEST(EndSentence, IsAtTheEndOfTextWhereAddedTokensHaveLargerIds) {
  const int end = 5, added = 9;
  Rows rows{TextRow::token(added), TextRow::learned(0), TextRow::token(1)};
  const Rows whole = rows;
  end_sentence(rows, end);
  EXPECT_EQ(rows, (Rows{whole[0], whole[1], whole[2], TextRow::token(end)}));
  rows.push_back(TextRow::token(added));
  end_sentence(rows, end);
  EXPECT_EQ(rows.size(), 4u) << "the first end of text counts";
}

TEST_F(TemplateLayout, RefusesSentencesThatDoNotFitAndTemplatesWithoutAPlace) {
  EXPECT_THAT(
      testing::error_of([&] {
        layout("a {}.", {"cat", "a very long name of a class"});
      }),
      ::testing::AllOf(::testing::HasSubstr("a very long name"), ::testing::HasSubstr("20")));
  EXPECT_THAT(testing::error_of([&] { layout("a photo", {"cat"}); }),
              ::testing::HasSubstr("a photo"));
  EXPECT_THAT(testing::error_of([&] { layout("a {}.", {}); }),
              ::testing::HasSubstr("no class names"));
}

TEST_F(TemplateLayout, GivesTheFeaturesOfEachSentenceByItself) {
  const kernels::Device device = device_of(kernels::NumberFormat::kFloat32);
  const TextTower tower(towers_.checkpoint, device, kernels::Differentiable::kNo);
  TextWorkspace workspace(device);
  const std::vector<std::string> names{"cat", "a cat", "dog"};
  const TextLayout together = layout("photo: {}.", names);
  const Matrix features = tower.forward(together, {}, workspace, Keep::kNothing).features();
  expect_close(features, towers_.text.forward(plain_input(towers_.checkpoint, {"", together, {}})),
               1e-5);
  for (std::size_t c = 0; c < names.size(); ++c) {
    const TextLayout alone = layout("photo: {}.", {names[c]});
    expect_close(tower.forward(alone, {}, workspace, Keep::kNothing).features(),
                 features.row(c).cast<double>(), 1e-5);
  }
}

}  // namespace
}  // namespace qprompt
