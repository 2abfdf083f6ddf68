#include <gtest/gtest.h>

#include "tests/reference/golden_file.h"
#include "tests/support/goldens.h"

namespace qprompt::reference {
namespace {

const std::string kWords = "a photo of a";

std::vector<ClassText> texts_of(const GoldenFile& golden, Index n_learned) {
  std::vector<ClassText> texts;
  for (const std::string& name : golden.class_names) {
    texts.push_back(words_and_name(golden, kWords, name, n_learned));
  }
  return texts;
}

// The parameters <before>0<after>, <before>1<after>, ... from number `first` to the last there is.
std::vector<std::string> numbered(const Parameters& parameters, const std::string& before,
                                  const std::string& after, int first) {
  std::vector<std::string> names;
  for (int i = first;; ++i) {
    const std::string name = before + std::to_string(i) + after;
    if (!parameters.contains(name)) return names;
    names.push_back(name);
  }
}

std::vector<Matrix> values(const Parameters& parameters, const std::vector<std::string>& names) {
  std::vector<Matrix> found;
  for (const std::string& name : names) found.push_back(parameters.at(name));
  return found;
}

Linear linear_of(const Parameters& parameters, const std::string& name) {
  return {parameters.at(name + ".weight"), parameters.at(name + ".bias")};
}

void add_linear_gradient(Parameters& gradient, const std::string& name, const Matrix& x,
                         const Matrix& d_y) {
  gradient[name + ".weight"] = d_y.transpose() * x;
  gradient[name + ".bias"] = d_y.colwise().sum();
}

// Every vision prompt is a projection of the text prompt of the same depth.
Outcome maple(const GoldenFile& golden, const Parameters& parameters) {
  const Matrix& ctx = parameters.at("ctx");
  const auto deep_names = numbered(parameters, "compound_prompts_text.", "", 0);
  const std::vector<Matrix> deep = values(parameters, deep_names);
  const auto projection = [](std::size_t l) {
    return "compound_prompt_projections." + std::to_string(l);
  };
  VisionPrompts vision{linear(linear_of(parameters, "proj"), ctx), {}};
  for (std::size_t l = 0; l < deep.size(); ++l) {
    vision.deep.push_back(linear(linear_of(parameters, projection(l)), deep[l]));
  }

  const std::vector<ClassText> texts = texts_of(golden, ctx.rows());
  const Evaluation result = evaluate(golden, text_input(golden, texts, ctx, deep), vision);

  Parameters gradient;
  gradient["ctx"] = learned_gradient(texts, result.d_text.rows, ctx) +
                    linear_pull_back(linear_of(parameters, "proj"), result.d_vision.tokens);
  add_linear_gradient(gradient, "proj", ctx, result.d_vision.tokens);
  for (std::size_t l = 0; l < deep.size(); ++l) {
    const Matrix& d_vision = result.d_vision.deep[l];
    gradient[deep_names[l]] =
        result.d_text.deep[l] + linear_pull_back(linear_of(parameters, projection(l)), d_vision);
    add_linear_gradient(gradient, projection(l), deep[l], d_vision);
  }
  return {result.logits, result.loss, gradient};
}

TEST(Reference, PlainTowersReproduceMaPLe) {
  const GoldenFile golden(testing::goldens_folder(), "maple.safetensors");
  if (!golden.has_images()) GTEST_SKIP() << "this set has no images for MaPLe's vision prompts";
  for (const std::string& name : golden.cases("maple")) {
    expect_case(golden, name, [&](const Parameters& p) { return maple(golden, p); });
  }
}

void set_gradients(Parameters& gradient, const std::vector<std::string>& names,
                   const std::vector<Matrix>& values) {
  for (std::size_t i = 0; i < names.size(); ++i) gradient[names[i]] = values[i];
}

Matrix value_or_empty(const Parameters& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? Matrix() : found->second;
}

// Independent prompts in each tower, or (VPT) in the image tower alone.
Outcome independent_prompts(const GoldenFile& golden, const Parameters& parameters) {
  const std::string blocks = ".transformer.resblocks.", deep = ".VPT_shallow";
  const auto text_names = numbered(parameters, "text_encoder" + blocks, deep, 1);
  const auto image_names = numbered(parameters, "image_encoder" + blocks, deep, 1);
  const Matrix ctx = value_or_empty(parameters, "prompt_learner.ctx");
  const VisionPrompts vision{value_or_empty(parameters, "image_encoder.VPT"),
                             values(parameters, image_names)};

  const std::vector<ClassText> texts = texts_of(golden, ctx.rows());
  const TextInput text = text_input(golden, texts, ctx, values(parameters, text_names));
  const Evaluation result = evaluate(golden, text, vision);

  Parameters gradient{{"image_encoder.VPT", result.d_vision.tokens},
                      {"prompt_learner.ctx", learned_gradient(texts, result.d_text.rows, ctx)}};
  set_gradients(gradient, text_names, result.d_text.deep);
  set_gradients(gradient, image_names, result.d_vision.deep);
  return {result.logits, result.loss, gradient};
}

TEST(Reference, PlainTowersReproduceIvlp) {
  const GoldenFile golden(testing::goldens_folder(), "maple.safetensors");
  for (const std::string& name : golden.cases("ivlp")) {
    expect_case(golden, name, [&](const Parameters& p) { return independent_prompts(golden, p); });
  }
}

TEST(Reference, PlainTowersReproduceVpt) {
  const GoldenFile golden(testing::goldens_folder(), "maple.safetensors");
  if (!golden.has_images()) GTEST_SKIP() << "this set has no images for VPT's vision prompts";
  for (const std::string& name : golden.cases("vpt")) {
    expect_case(golden, name, [&](const Parameters& p) { return independent_prompts(golden, p); });
  }
}

}  // namespace
}  // namespace qprompt::reference
