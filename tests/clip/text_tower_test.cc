#include "qprompt/clip/text_tower.h"

#include <functional>

#include "qprompt/clip/similarity.h"
#include "tests/clip/plain_text.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using kernels::Differentiable;
using kernels::NumberFormat;
using Rows = std::vector<TextRow>;

constexpr int kStart = testing::kRandomModelTokens - 2, kEnd = testing::kRandomModelTokens - 1;

Rows operator+(Rows a, const Rows& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Rows learned(Index first, Index count) {
  Rows rows;
  for (Index i = 0; i < count; ++i) rows.push_back(TextRow::learned(first + i));
  return rows;
}

Rows tokens(const std::vector<int>& ids) {
  Rows rows;
  for (int id : ids) rows.push_back(TextRow::token(id));
  return rows;
}

// Class names of one, two, three, one, ... tokens.
Rows name(Index c) {
  Rows rows;
  for (Index i = 0; i <= c % 3; ++i) {
    rows.push_back(TextRow::token(static_cast<int>(11 * c + i) % 500));
  }
  return rows;
}

const Rows kEot = tokens({17, kEnd});

// Layouts of all methods. `n_ctx` rows are learned; `deep` layers have deep rows.
class TextCases {
 public:
  explicit TextCases(const ClipShape& shape) : shape_(shape) {}

  TextCase shared_context(Index n_classes = 4) {
    return make("shared context", tokens({kStart}) + learned(0, 4), 4, n_classes,
                [](Index c) { return name(c) + kEot; });
  }
  TextCase class_contexts() {
    return make("class-specific contexts", tokens({kStart}), 12, 4,
                [](Index c) { return learned(3 * c, 3) + name(c) + kEot; });
  }
  TextCase deep() {
    TextCase text = shared_context();
    text.name = "deep prompts";
    for (Index l = 0; l + 1 < shape_.text.layers; ++l) text.prompts.deep.push_back(normal(4));
    return text;
  }
  std::vector<TextCase> all() {
    const auto middle = [](Index c) { return learned(0, 2) + name(c) + learned(2, 2) + kEot; };
    const auto front = [](Index c) { return name(c) + learned(0, 4) + kEot; };
    const auto eot_only = [](Index c) { return tokens({kEnd - static_cast<int>(c)}); };
    const Rows start = tokens({kStart}), few = start + learned(0, 2) + tokens({5, 6});
    return {shared_context(),
            class_contexts(),
            deep(),
            shared_context(1),
            shared_context(40),
            make("middle", start, 4, 3, middle),
            make("front", start, 4, 3, front),
            make("nothing shared", {}, 4, 3, [&](Index c) { return start + front(c); }),
            make("tokens behind the context", few, 2, 3, [](Index c) { return name(c) + kEot; }),
            make("a class of its EOT alone", start + learned(0, 3), 3, 2, eot_only),
            make("context shared and own", start + learned(0, 2), 4, 3,
                 [](Index c) { return learned(2, 2) + name(c) + kEot; })};
  }

 private:
  TextCase make(const std::string& name, const Rows& shared, Index n_learned, Index n_classes,
                const std::function<Rows(Index)>& own) {
    TextCase text{name + ", " + std::to_string(n_classes) + " classes", {shared, {}}, {}};
    for (Index c = 0; c < n_classes; ++c) text.layout.own.push_back(own(c));
    text.prompts.rows = normal(n_learned);
    return text;
  }
  Matrix normal(Index rows) { return random_.normal_matrix(rows, shape_.text.width, 0.5); }

  const ClipShape& shape_;
  Random random_{4};
};

ClipShape with_text(TransformerShape text) {
  ClipShape shape = testing::small_clip_shape();
  shape.text = text;
  return shape;
}

std::vector<ClipShape> shapes() {
  constexpr auto kGelu = Activation::kGelu, kQuickGelu = Activation::kQuickGelu;
  return {
      with_text({.width = 24, .layers = 3, .heads = 2, .mlp_width = 40, .activation = kQuickGelu}),
      with_text({.width = 64, .layers = 1, .heads = 1, .mlp_width = 65, .activation = kGelu}),
      with_text({.width = 96, .layers = 2, .heads = 2, .mlp_width = 80, .activation = kGelu})};
}

class TextTowers : public ::testing::TestWithParam<NumberFormat> {
 protected:
  TextTower tower_of(const RandomTowers& towers) {
    return {towers.checkpoint, device_, Differentiable::kYes};
  }
  Matrix d_features(const TextCase& text, Index embed) {
    return random_.normal_matrix(std::ssize(text.layout.own), embed, 1);
  }
  void expect_same(const TextPrompts& a, const TextPrompts& b) {
    EXPECT_EQ(a.rows, b.rows);
    EXPECT_EQ(a.deep, b.deep);
  }

  kernels::Device device_ = device_of(GetParam());
  TowerError error_ = tower_error(GetParam());
  Random random_{8};
};

TEST_P(TextTowers, GiveThePlainTowersFeaturesAndGradients) {
  for (const ClipShape& shape : shapes()) {
    const RandomTowers towers(shape);
    const TextTower tower = tower_of(towers);
    TextWorkspace workspace(device_);
    for (const TextCase& text : TextCases(shape).all()) {
      SCOPED_TRACE(text.name + ", width " + std::to_string(shape.text.width));
      const reference::TextInput input = plain_input(towers.checkpoint, text);
      TextPass pass = tower.forward(text.layout, text.prompts, workspace, Keep::kForPullBack);
      expect_close(pass.features(), towers.text.forward(input), error_.features);

      const Matrix d = d_features(text, shape.embed);
      const TextPrompts d_prompts = pass.pull_back(d);
      const PlainPrompts expected =
          plain_gradient(text, towers.text.pull_back(input, d.cast<double>()));
      expect_close(d_prompts.rows, expected.rows, error_.gradient);
      ASSERT_EQ(d_prompts.deep.size(), expected.deep.size());
      for (std::size_t l = 0; l < expected.deep.size(); ++l) {
        expect_close(d_prompts.deep[l], expected.deep[l], error_.gradient);
      }
    }
  }
}

// One training step's numbers: 6 images, the mean cross-entropy of scaled cosines.
TEST_P(TextTowers, GiveThePlainTowersLoss) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const TextTower tower = tower_of(towers);
  TextWorkspace workspace(device_);
  constexpr double kScale = 10;
  const Double images = random_.normal_matrix(6, shape.embed, 1).cast<double>();
  const std::vector<int> labels{0, 1, 2, 3, 3, 0};
  for (const TextCase& text : {TextCases(shape).shared_context(), TextCases(shape).deep()}) {
    const reference::TextInput input = plain_input(towers.checkpoint, text);
    const auto loss_of = [&](const Double& texts) {
      return reference::cross_entropy(reference::cosine_logits({images, texts}, kScale), labels);
    };
    const auto d_of = [&](const Double& texts) {
      const reference::Features features{images, texts};
      const Double d_logits =
          reference::cross_entropy_pull_back(reference::cosine_logits(features, kScale), labels);
      return reference::cosine_logits_pull_back(features, kScale, d_logits).texts;
    };
    TextPass pass = tower.forward(text.layout, text.prompts, workspace, Keep::kForPullBack);
    const Double features = pass.features().cast<double>(), expected = towers.text.forward(input);
    EXPECT_NEAR(loss_of(features), loss_of(expected), error_.features * loss_of(expected));
    expect_close(pass.pull_back(d_of(features).cast<float>()).rows,
                 plain_gradient(text, towers.text.pull_back(input, d_of(expected))).rows,
                 error_.gradient);
  }
}

TEST_P(TextTowers, PullBackTwiceGivesTheSame) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const TextTower tower = tower_of(towers);
  TextWorkspace workspace(device_);
  for (const TextCase& text : TextCases(shape).all()) {
    SCOPED_TRACE(text.name);
    TextPass pass = tower.forward(text.layout, text.prompts, workspace, Keep::kForPullBack);
    const Matrix d = d_features(text, shape.embed);
    const TextPrompts first = pass.pull_back(d);
    expect_same(pass.pull_back(d), first);
  }
}

TEST_P(TextTowers, AnotherPassInTheWorkspaceChangesNothing) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const TextTower tower = tower_of(towers);
  TextWorkspace workspace(device_);
  TextCases cases(shape);
  for (const TextCase& text : cases.all()) {
    SCOPED_TRACE(text.name);
    TextPass pass = tower.forward(text.layout, text.prompts, workspace, Keep::kForPullBack);
    const Matrix d = d_features(text, shape.embed);
    const TextPrompts before = pass.pull_back(d);
    for (Keep keep : {Keep::kNothing, Keep::kForPullBack}) {
      const TextCase other = cases.shared_context(33);
      tower.forward(other.layout, other.prompts, workspace, keep);
      expect_same(pass.pull_back(d), before);
    }
  }
}

TEST_P(TextTowers, ChunksGiveWhatASinglePassGives) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const TextTower tower = tower_of(towers);
  TextWorkspace whole(device_), chunked(device_);
  // The shared rows' keys and values get a gradient from each chunk, rounded to the format.
  const double rounding = GetParam() == NumberFormat::kFloat32 ? 1e-5 : error_.gradient;
  for (const TextCase& text : TextCases(shape).all()) {
    SCOPED_TRACE(text.name);
    TextPass single = tower.forward(text.layout, text.prompts, whole, Keep::kForPullBack);
    const Matrix d = d_features(text, shape.embed);
    const TextPrompts expected = single.pull_back(d);
    for (std::size_t budget : {1, 100'000}) {
      chunked.trace_budget = budget;
      TextPass pass = tower.forward(text.layout, text.prompts, chunked, Keep::kForPullBack);
      expect_close(pass.features(), single.features().cast<double>(), 1e-5);
      const TextPrompts d_prompts = pass.pull_back(d);
      expect_close(d_prompts.rows, expected.rows.cast<double>(), rounding);
      expect_same(pass.pull_back(d), d_prompts);
    }
  }
}

// Threads share products where there are few classes, and the classes where there are many.
TEST_P(TextTowers, AnyNumberOfThreadsGivesWhatOneGives) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const double rounding = GetParam() == NumberFormat::kFloat32 ? 1e-5 : error_.gradient;
  for (const TextCase& text : TextCases(shape).all()) {
    SCOPED_TRACE(text.name);
    const Matrix d = d_features(text, shape.embed);
    const auto gradient_on = [&](int threads, Matrix& features) {
      const kernels::Device device = device_of(GetParam(), threads);
      const TextTower tower(towers.checkpoint, device, Differentiable::kYes);
      TextWorkspace workspace(device);
      TextPass pass = tower.forward(text.layout, text.prompts, workspace, Keep::kForPullBack);
      features = pass.features();
      return pass.pull_back(d);
    };
    Matrix alone, together;
    const TextPrompts expected = gradient_on(1, alone);
    for (const int threads : {2, 3, 5}) {
      const TextPrompts gradient = gradient_on(threads, together);
      expect_close(together, alone.cast<double>(), rounding);
      expect_close(gradient.rows, expected.rows.cast<double>(), rounding);
    }
  }
}

TEST_P(TextTowers, KeepingNothingGivesTheSameFeatures) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const TextTower tower = tower_of(towers);
  const TextTower plain(towers.checkpoint, device_, Differentiable::kNo);
  TextWorkspace workspace(device_);
  for (const TextCase& text : TextCases(shape).all()) {
    const Matrix kept =
        tower.forward(text.layout, text.prompts, workspace, Keep::kForPullBack).features();
    TextPass pass = plain.forward(text.layout, text.prompts, workspace, Keep::kNothing);
    EXPECT_EQ(pass.features(), kept);
    const Matrix d = d_features(text, shape.embed);
    EXPECT_THAT(testing::error_of([&] { pass.pull_back(d); }),
                ::testing::HasSubstr("kept nothing"));
  }
}

TEST_P(TextTowers, GiveTheSameFeaturesWhereBlocksArePackedInPassing) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const TextTower kept(towers.checkpoint, device_, Differentiable::kNo);
  TextWorkspace workspace(device_);
  for (const TextCase& text : TextCases(shape).all()) {
    const TextTower passing(towers.checkpoint, device_, Differentiable::kNo, Packing::kInPassing);
    const auto features = [&](const TextTower& tower) {
      return tower.forward(text.layout, text.prompts, workspace, Keep::kNothing).features();
    };
    const Matrix expected = features(kept);
    EXPECT_EQ(features(passing), expected);
    EXPECT_EQ(features(passing), expected);  // and once they stay
  }
}

TEST_P(TextTowers, RefuseWhatDoesNotFit) {
  const ClipShape shape = testing::small_clip_shape();
  const RandomTowers towers(shape);
  const TextTower tower = tower_of(towers);
  TextWorkspace workspace(device_);
  const auto error = [&](const TextCase& text) {
    return testing::error_of(
        [&] { tower.forward(text.layout, text.prompts, workspace, Keep::kForPullBack); });
  };
  TextCases cases(shape);
  const TextCase good = cases.deep();

  TextCase text = good;
  text.prompts.rows = Matrix::Zero(3, shape.text.width);
  EXPECT_THAT(error(text), ::testing::HasSubstr("learned row 3 of 3"));
  text = good;
  text.prompts.rows = Matrix::Zero(4, shape.text.width + 1);
  EXPECT_THAT(error(text), ::testing::HasSubstr("[4, 25]"));
  text = good;
  text.prompts.deep[1] = Matrix::Zero(2, shape.text.width);
  EXPECT_THAT(error(text), ::testing::HasSubstr("[2, 24]"));
  text = good;
  text.prompts.deep.push_back(text.prompts.deep[0]);
  EXPECT_THAT(error(text), ::testing::HasSubstr("3 layers"));
  text = good;
  text.layout.own[1].clear();
  EXPECT_THAT(error(text), ::testing::HasSubstr("without rows"));
  text = good;
  text.layout.own[1].resize(shape.context_length, TextRow::token(3));
  EXPECT_THAT(error(text), ::testing::HasSubstr("25 rows"));

  TextPass pass = tower.forward(good.layout, good.prompts, workspace, Keep::kForPullBack);
  EXPECT_THAT(testing::error_of([&] { pass.pull_back(Matrix::Zero(3, shape.embed)); }),
              ::testing::HasSubstr("[3, 16]"));
}

std::string format_name(const ::testing::TestParamInfo<NumberFormat>& info) {
  return enum_names(info.param)[static_cast<std::size_t>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Formats, TextTowers,
                         ::testing::Values(NumberFormat::kFloat32, NumberFormat::kBfloat16),
                         format_name);

}  // namespace
}  // namespace qprompt
