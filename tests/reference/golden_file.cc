#include "tests/reference/golden_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

namespace qprompt::reference {
namespace {

constexpr double kLogitTolerance = 1e-4, kLossTolerance = 1e-4, kGradientTolerance = 1e-3;

// A set of reference values may hold only some of the layouts of its one model.
std::filesystem::path first_existing(const std::filesystem::path& folder,
                                     const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (std::filesystem::exists(folder / name)) return folder / name;
  }
  throw std::runtime_error("no model in " + folder.string());
}

Checkpoint open_model(const std::filesystem::path& folder) {
  const std::vector<std::string> layouts{"hf", "hf_bin", "open_clip", "ViT-tiny-state-dict.pt",
                                         "ViT-tiny-jit.pt"};
  return Checkpoint::open(first_existing(folder, layouts).string());
}

template <typename ReadBlock>
std::vector<BlockWeights> read_blocks(Index layers, const ReadBlock& read) {
  std::vector<BlockWeights> blocks;
  for (Index l = 0; l < layers; ++l) blocks.push_back(read(l));
  return blocks;
}

TextTower text_tower(const Checkpoint& checkpoint) {
  const TransformerShape& shape = checkpoint.shape().text;
  const auto read = [&](Index l) { return checkpoint.text_block(l); };
  return {checkpoint.text_stem(), read_blocks(shape.layers, read), shape};
}

ImageTower image_tower(const Checkpoint& checkpoint) {
  const auto read = [&](Index l) { return checkpoint.image_block(l); };
  return {checkpoint.image_stem(), read_blocks(checkpoint.shape().image.layers, read),
          checkpoint.shape()};
}

std::vector<Matrix> split_images(const Matrix& images) {
  std::vector<Matrix> split;
  for (Index i = 0; i < images.rows(); ++i) {
    split.push_back(Eigen::Map<const Matrix>(images.row(i).data(), 3, images.cols() / 3));
  }
  return split;
}

void append_tokens(ClassText& text, std::span<const int> tokens) {
  for (const int token : tokens) text.push_back({.token = token});
}

}  // namespace

GoldenFile::GoldenFile(const std::filesystem::path& goldens, const std::string& name)
    : tokenizer(Tokenizer::load(
          first_existing(goldens / "reference" / "checkpoints", {"hf", "hf_bin", "open_clip"}))),
      file_(goldens / "reference" / name),
      checkpoint_(open_model(goldens / "reference" / "checkpoints")),
      text(text_tower(checkpoint_)),
      image(image_tower(checkpoint_)) {
  const auto names = nlohmann::json::parse(file_.metadata().at("classnames"));
  class_names = names.get<std::vector<std::string>>();
  for (std::string& class_name : class_names) std::ranges::replace(class_name, '_', ' ');
  if (has("images")) images = split_images(tensor("images"));
  labels = integers("labels");
}

std::vector<std::string> GoldenFile::cases(const std::string& prefix) const {
  std::vector<std::string> found;
  const std::string suffix = ".losses";  // what only a trained case has
  for (const auto& [name, view] : file_.tensors()) {
    if (name.starts_with(prefix) && name.ends_with(suffix)) {
      found.push_back(name.substr(0, name.size() - suffix.size()));
    }
  }
  EXPECT_FALSE(found.empty()) << "no case " << prefix << "* in " << file_.file().path();
  return found;
}

Matrix GoldenFile::tensor(const std::string& name) const {
  return to_matrix(file_.at(name)).cast<double>();
}

std::vector<int> GoldenFile::integers(const std::string& name) const {
  const TensorView& view = file_.at(name);
  std::vector<std::int64_t> stored(view.bytes.size() / sizeof(std::int64_t));
  std::memcpy(stored.data(), view.bytes.data(), view.bytes.size());
  return {stored.begin(), stored.end()};
}

Parameters GoldenFile::parameters(const std::string& prefix) const {
  Parameters found;
  for (const auto& [name, view] : file_.tensors()) {
    if (name.starts_with(prefix)) found[name.substr(prefix.size())] = tensor(name);
  }
  return found;
}

Matrix GoldenFile::image_features(const VisionPrompts& vision) const {
  if (has_images()) return image.forward(images, vision);
  if (vision.tokens.size() > 0) throw std::runtime_error("vision prompts, but no images");
  return tensor("zs.image_features");
}

Matrix GoldenFile::embeddings(const std::vector<int>& tokens) const {
  return checkpoint_.token_embeddings(tokens).cast<double>();
}

ClassText context_and_name(const GoldenFile& golden, const std::string& name, Index n_ctx,
                           ClassPosition position, Index first_learned) {
  const std::vector<int> tokens = golden.tokenizer.encode(name + ".");
  const std::size_t name_length = golden.tokenizer.encode(name).size();
  const Index before = position == ClassPosition::kEnd      ? n_ctx
                       : position == ClassPosition::kMiddle ? n_ctx / 2
                                                            : 0;
  ClassText text{{.token = golden.tokenizer.start_token()}};
  for (Index i = 0; i < before; ++i) text.push_back({.learned = first_learned + i});
  append_tokens(text, std::span(tokens).first(name_length));
  for (Index i = before; i < n_ctx; ++i) text.push_back({.learned = first_learned + i});
  append_tokens(text, std::span(tokens).subspan(name_length));
  text.push_back({.token = golden.tokenizer.end_token()});
  return text;
}

ClassText words_and_name(const GoldenFile& golden, const std::string& words,
                         const std::string& name, Index n_learned) {
  ClassText text{{.token = golden.tokenizer.start_token()}};
  append_tokens(text, golden.tokenizer.encode(words + " " + name + "."));
  for (Index i = 0; i < n_learned; ++i) text[1 + i] = {.learned = i};
  text.push_back({.token = golden.tokenizer.end_token()});
  return text;
}

TextInput text_input(const GoldenFile& golden, const std::vector<ClassText>& texts,
                     const Matrix& learned, const std::vector<Matrix>& deep) {
  TextInput input{.rows = {}, .eot = {}, .deep = {.first = 1, .rows = deep}};
  for (const ClassText& text : texts) {
    std::vector<int> tokens;
    for (const TextRow& row : text) tokens.push_back(row.token);
    Matrix rows = golden.embeddings(tokens);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i].learned >= 0) rows.row(i) = learned.row(text[i].learned);
    }
    input.rows.push_back(rows);
    input.eot.push_back(rows.rows() - 1);
  }
  return input;
}

Matrix learned_gradient(const std::vector<ClassText>& texts, const std::vector<Matrix>& d_rows,
                        const Matrix& learned) {
  Matrix d_learned = Matrix::Zero(learned.rows(), learned.cols());
  for (std::size_t c = 0; c < texts.size(); ++c) {
    for (std::size_t i = 0; i < texts[c].size(); ++i) {
      if (texts[c][i].learned >= 0) d_learned.row(texts[c][i].learned) += d_rows[c].row(i);
    }
  }
  return d_learned;
}

Evaluation evaluate(const GoldenFile& golden, const TextInput& text, const VisionPrompts& vision) {
  const Features features{.images = golden.image_features(vision),
                          .texts = golden.text.forward(text)};
  const Matrix logits = cosine_logits(features, golden.logit_scale());
  const Matrix d_logits = cross_entropy_pull_back(logits, golden.labels);
  const Features d_features = cosine_logits_pull_back(features, golden.logit_scale(), d_logits);
  Evaluation result{.logits = logits,
                    .loss = cross_entropy(logits, golden.labels),
                    .d_text = golden.text.pull_back(text, d_features.texts),
                    .d_vision = {}};
  if (vision.tokens.size() > 0) {
    result.d_vision = golden.image.pull_back(golden.images, vision, d_features.images);
  }
  return result;
}

void expect_near(const Matrix& actual, const Matrix& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  const auto actual_row = actual.reshaped<Eigen::RowMajor>();
  const auto expected_row = expected.reshaped<Eigen::RowMajor>();
  EXPECT_LT((actual_row - expected_row).cwiseAbs().maxCoeff(), tolerance);
}

void expect_case(const GoldenFile& golden, const std::string& name,
                 const std::function<Outcome(const Parameters&)>& method) {
  SCOPED_TRACE(name);
  const Outcome first = method(golden.parameters(name + ".init."));
  expect_near(first.logits, golden.tensor(name + ".logits"), kLogitTolerance);
  EXPECT_NEAR(first.loss, golden.tensor(name + ".losses")(0, 0), kLossTolerance);
  for (const auto& [parameter, expected] : golden.parameters(name + ".grad.")) {
    SCOPED_TRACE(parameter);
    ASSERT_TRUE(first.gradient.contains(parameter));
    expect_near(first.gradient.at(parameter), expected,
                kGradientTolerance * expected.cwiseAbs().maxCoeff());
  }
  const Outcome last = method(golden.parameters(name + ".final."));
  expect_near(last.logits, golden.tensor(name + ".final_logits"), kLogitTolerance);
}

}  // namespace qprompt::reference
