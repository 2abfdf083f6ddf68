#include <gtest/gtest.h>

#include "tests/reference/golden_file.h"
#include "tests/support/goldens.h"

namespace qprompt::reference {
namespace {

TEST(Reference, PlainTowersReproduceZeroShotClip) {
  const GoldenFile golden(testing::goldens_folder(), "coop.safetensors");
  std::vector<ClassText> texts;
  for (const std::string& name : golden.class_names) {
    texts.push_back(words_and_name(golden, "a photo of a", name, 0));
  }
  const Features features{.images = golden.image_features({}),
                          .texts = golden.text.forward(text_input(golden, texts, {}))};
  if (golden.has_images()) expect_near(features.images, golden.tensor("zs.image_features"), 1e-4);
  expect_near(features.texts, golden.tensor("zs.text_features"), 1e-4);
  expect_near(cosine_logits(features, golden.logit_scale()), golden.tensor("zs.logits"), 1e-4);
}

TEST(Reference, TokenizerAndTextAssemblyGiveTheReferencesTokens) {
  const GoldenFile golden(testing::goldens_folder(), "coop.safetensors");
  const std::vector<int> expected = golden.integers("zs.tokens");
  const Index length = golden.shape("zs.tokens")[1];
  for (std::size_t c = 0; c < golden.class_names.size(); ++c) {
    const ClassText text = words_and_name(golden, "a photo of a", golden.class_names[c], 0);
    for (Index i = 0; i < length; ++i) {
      const int token = i < std::ssize(text) ? text[i].token : 0;
      EXPECT_EQ(token, expected[c * length + i]) << golden.class_names[c] << ", token " << i;
    }
  }
}

ClassPosition position_of(const std::string& case_name) {
  if (case_name.ends_with("middle")) return ClassPosition::kMiddle;
  if (case_name.ends_with("front")) return ClassPosition::kFront;
  return ClassPosition::kEnd;
}

// ctx [n_ctx, width], or [n_cls, n_ctx, width] if each class has its own.
Outcome coop(const GoldenFile& golden, const std::string& name, const Parameters& parameters) {
  const std::vector<Index> shape = golden.shape(name + ".init.ctx");
  const Index n_ctx = shape[shape.size() - 2], width = shape.back();
  const Matrix ctx =
      parameters.at("ctx").reshaped<Eigen::RowMajor>(parameters.at("ctx").size() / width, width);
  std::vector<ClassText> texts;
  for (const std::string& class_name : golden.class_names) {
    const Index first = shape.size() == 3 ? std::ssize(texts) * n_ctx : 0;
    texts.push_back(context_and_name(golden, class_name, n_ctx, position_of(name), first));
  }
  const Evaluation result = evaluate(golden, text_input(golden, texts, ctx), {});
  return {result.logits, result.loss, {{"ctx", learned_gradient(texts, result.d_text.rows, ctx)}}};
}

TEST(Reference, PlainTowersReproduceCoOp) {
  const GoldenFile golden(testing::goldens_folder(), "coop.safetensors");
  for (const std::string& name : golden.cases("coop")) {
    expect_case(golden, name, [&](const Parameters& p) { return coop(golden, name, p); });
  }
}

// bias(image) = linear2(relu(linear1(normalised image feature))), added to every context row.
struct MetaNet {
  Linear linear1, linear2;
};

MetaNet meta_net_of(const Parameters& p) {
  return {.linear1 = {p.at("meta_net.linear1.weight"), p.at("meta_net.linear1.bias")},
          .linear2 = {p.at("meta_net.linear2.weight"), p.at("meta_net.linear2.bias")}};
}

Matrix meta_net_bias(const MetaNet& net, const Matrix& x) {
  return linear(net.linear2, linear(net.linear1, x).cwiseMax(0));
}

Parameters meta_net_pull_back(const MetaNet& net, const Matrix& x, const Matrix& d_bias) {
  const Matrix hidden = linear(net.linear1, x);
  const Matrix positive = (hidden.array() > 0).cast<double>();
  const Matrix d_hidden = linear_pull_back(net.linear2, d_bias).cwiseProduct(positive);
  return {{"meta_net.linear1.weight", d_hidden.transpose() * x},
          {"meta_net.linear1.bias", d_hidden.colwise().sum()},
          {"meta_net.linear2.weight", d_bias.transpose() * hidden.cwiseMax(0)},
          {"meta_net.linear2.bias", d_bias.colwise().sum()}};
}

// Each image has its own contexts, ctx + bias(image), and so its own text features.
Outcome cocoop(const GoldenFile& golden, const Parameters& parameters) {
  const Matrix& ctx = parameters.at("ctx");
  const MetaNet net = meta_net_of(parameters);
  const Matrix image_features = golden.image_features({});
  const Matrix normalized = normalize_rows(image_features);
  const Matrix bias = meta_net_bias(net, normalized);
  std::vector<ClassText> texts;
  for (const std::string& name : golden.class_names) {
    texts.push_back(context_and_name(golden, name, ctx.rows(), ClassPosition::kEnd));
  }

  Outcome outcome{.logits = Matrix(bias.rows(), std::ssize(texts)), .loss = 0, .gradient = {}};
  Matrix d_ctx = Matrix::Zero(ctx.rows(), ctx.cols()), d_bias(bias.rows(), bias.cols());
  for (Index i = 0; i < bias.rows(); ++i) {
    const Matrix own_ctx = ctx.rowwise() + bias.row(i);
    const TextInput input = text_input(golden, texts, own_ctx);
    const Features features{image_features.row(i), golden.text.forward(input)};
    const Matrix logits = cosine_logits(features, golden.logit_scale());
    const Matrix d_logits = cross_entropy_pull_back(logits, {golden.labels[i]});
    const Features d_features = cosine_logits_pull_back(
        features, golden.logit_scale(), d_logits / static_cast<double>(bias.rows()));
    const TextGradient gradient = golden.text.pull_back(input, d_features.texts);
    const Matrix d_own_ctx = learned_gradient(texts, gradient.rows, own_ctx);
    outcome.logits.row(i) = logits;
    d_ctx += d_own_ctx;
    d_bias.row(i) = d_own_ctx.colwise().sum();
  }
  outcome.loss = cross_entropy(outcome.logits, golden.labels);
  outcome.gradient = meta_net_pull_back(net, normalized, d_bias);
  outcome.gradient["ctx"] = d_ctx;
  return outcome;
}

TEST(Reference, PlainTowersReproduceCoCoOp) {
  const GoldenFile golden(testing::goldens_folder(), "coop.safetensors");
  for (const std::string& name : golden.cases("cocoop")) {
    expect_case(golden, name, [&](const Parameters& p) { return cocoop(golden, p); });
  }
}

}  // namespace
}  // namespace qprompt::reference
