#include <algorithm>
#include <iterator>

#include "qprompt/core/fields.h"
#include "qprompt/prompt/coop.h"
#include "tests/prompt/prompt_test.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Rows = std::vector<TextRow>;

const std::vector<std::string> kNames{"cat", "photo_album", "dr. o'cat-fish", "a cat, a photo"};

class CoOpLayout : public PromptTest {
 protected:
  TextLayout layout(const CoOpConfig& config, const std::vector<std::string>& names = kNames) {
    return CoOp(config, model_).layout(classes(names));
  }

  std::vector<int> sentence(const std::string& text) const {
    const Tokenizer& tokenizer = model_.tokenizer();
    std::vector<int> tokens = tokenizer.encode(text);
    tokens.insert(tokens.begin(), tokenizer.start_token());
    tokens.push_back(tokenizer.end_token());
    return tokens;
  }

  // The tokens of class c with those of `words` for its learned rows.
  std::vector<int> read_with(const TextLayout& layout, std::size_t c,
                             const std::string& words) const {
    const std::vector<int> context = model_.tokenizer().encode(words);
    std::vector<int> tokens;
    for (const TextRow& row : whole(layout, c)) {
      const bool is_token = row.source == TextRow::Source::kToken;
      const auto index = static_cast<std::size_t>(row.index);
      tokens.push_back(is_token ? static_cast<int>(row.index) : context[index % context.size()]);
    }
    return tokens;
  }

  static Rows whole(const TextLayout& layout, std::size_t c) {
    Rows rows = layout.shared;
    rows.insert(rows.end(), layout.own[c].begin(), layout.own[c].end());
    return rows;
  }

  static std::vector<Index> learned_rows(const Rows& rows) {
    std::vector<Index> learned;
    for (const TextRow& row : rows) {
      if (row.source == TextRow::Source::kLearned) learned.push_back(row.index);
    }
    return learned;
  }

  Rows start_and_learned(Index count) const {
    Rows rows{TextRow::token(model_.tokenizer().start_token())};
    for (Index i = 0; i < count; ++i) rows.push_back(TextRow::learned(i));
    return rows;
  }
};

CoOpConfig at(ClassTokenPosition position, bool class_specific = false) {
  return {.n_ctx = 4,
          .ctx_init = "photo cat a cat",
          .class_specific = class_specific,
          .class_token_position = position};
}

TEST_F(CoOpLayout, AtTheEndTheWholeContextIsShared) {
  const TextLayout end = layout(at(ClassTokenPosition::kEnd));
  EXPECT_EQ(end.shared, start_and_learned(4));
  ASSERT_EQ(end.own.size(), kNames.size());
  const Tokenizer& tokenizer = model_.tokenizer();
  EXPECT_EQ(end.own[0], (Rows{TextRow::token(tokenizer.encode("cat").front()),
                              TextRow::token(tokenizer.encode(".").front()),
                              TextRow::token(tokenizer.end_token())}));
}

TEST_F(CoOpLayout, InTheMiddleItsFirstHalfRoundedDownIsShared) {
  EXPECT_EQ(layout(at(ClassTokenPosition::kMiddle)).shared, start_and_learned(2));
  CoOpConfig odd = at(ClassTokenPosition::kMiddle);
  odd.n_ctx = 5;
  odd.ctx_init = "";
  const TextLayout middle = layout(odd);
  EXPECT_EQ(middle.shared, start_and_learned(2));
  EXPECT_EQ(middle.own[0][0].source, TextRow::Source::kToken);
  EXPECT_EQ(middle.own[0][1], TextRow::learned(2));
}

TEST_F(CoOpLayout, AtTheFrontOnlyTheStartTokenIsShared) {
  EXPECT_EQ(layout(at(ClassTokenPosition::kFront)).shared, start_and_learned(0));
}

TEST_F(CoOpLayout, ReadsAsTheSentenceThatTheWordsMake) {
  const TextLayout end = layout(at(ClassTokenPosition::kEnd));
  const TextLayout middle = layout(at(ClassTokenPosition::kMiddle));
  const TextLayout front = layout(at(ClassTokenPosition::kFront));
  for (std::size_t c = 0; c < kNames.size(); ++c) {
    const std::string name = spoken_name(kNames[c]), words = "photo cat a cat";
    EXPECT_EQ(read_with(end, c, words), sentence(words + " " + name + ".")) << name;
    EXPECT_EQ(read_with(middle, c, words), sentence("photo cat " + name + " a cat.")) << name;
    EXPECT_EQ(read_with(front, c, words), sentence(name + " " + words + ".")) << name;
  }
}

// "cat!." is not "cat!" and ".": signs in a row are one word of the tokenizer.
TEST_F(CoOpLayout, ASignAtTheNamesEndIsReadWithTheFullStop) {
  const std::vector<std::string> names{"cat!", "photo"};
  const TextLayout end = layout(at(ClassTokenPosition::kEnd), names);
  EXPECT_EQ(read_with(end, 0, "photo cat a cat"), sentence("photo cat a cat cat!."));
  EXPECT_NE(model_.tokenizer().encode("!."), model_.tokenizer().encode("! ."));
}

TEST_F(CoOpLayout, ClassSpecificContextsAreEachClassesOwn) {
  for (auto position :
       {ClassTokenPosition::kEnd, ClassTokenPosition::kMiddle, ClassTokenPosition::kFront}) {
    const TextLayout own = layout(at(position, true));
    const TextLayout unified = layout(at(position));
    EXPECT_EQ(own.shared, start_and_learned(0)) << enum_name(position);
    for (std::size_t c = 0; c < kNames.size(); ++c) {
      const auto first = static_cast<Index>(4 * c);
      EXPECT_EQ(learned_rows(own.own[c]),
                (std::vector<Index>{first, first + 1, first + 2, first + 3}));
      EXPECT_EQ(learned_rows(whole(unified, c)), (std::vector<Index>{0, 1, 2, 3}));
      EXPECT_EQ(read_with(own, c, "photo cat a cat"), read_with(unified, c, "photo cat a cat"));
    }
  }
}

TEST_F(CoOpLayout, EndsWithTheOnlyEndToken) {
  const TextRow end_token = TextRow::token(model_.tokenizer().end_token());
  for (bool class_specific : {false, true}) {
    for (auto position :
         {ClassTokenPosition::kEnd, ClassTokenPosition::kMiddle, ClassTokenPosition::kFront}) {
      const TextLayout of_position = layout(at(position, class_specific));
      for (std::size_t c = 0; c < kNames.size(); ++c) {
        const Rows rows = whole(of_position, c);
        EXPECT_EQ(rows.back(), end_token);
        EXPECT_EQ(std::count(rows.begin(), rows.end(), end_token), 1);
      }
    }
  }
}

TEST_F(CoOpLayout, ANameMayFillTheContextAndNoMore) {
  // Start, four of context, full stop and end leave 13 of 20; a letter is a token here.
  const std::string thirteen(13, 'x'), fourteen(14, 'y');
  for (auto position : {ClassTokenPosition::kEnd, ClassTokenPosition::kFront}) {
    EXPECT_EQ(whole(layout(at(position), {"cat", thirteen}), 1).size(), 20u);
    EXPECT_THAT(testing::error_of([&] {
                  layout(at(position), {"cat", thirteen, fourteen});
                }),
                AllOf(HasSubstr("'" + fourteen + "'"), HasSubstr("21"), HasSubstr("20")));
  }
}

}  // namespace
}  // namespace qprompt
