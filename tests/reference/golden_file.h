#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/formats/safetensors.h"
#include "qprompt/tokenizer/tokenizer.h"
#include "tests/reference/towers.h"

namespace qprompt::reference {

using Parameters = std::map<std::string, Matrix>;

// A file of reference values with the model that they were computed on.
class GoldenFile {
 public:
  GoldenFile(const std::filesystem::path& goldens, const std::string& name);

  // Cases whose names begin with `prefix`; at least one, else the test would pass by doing nothing.
  std::vector<std::string> cases(const std::string& prefix) const;
  bool has(const std::string& tensor) const { return file_.tensors().contains(tensor); }
  Matrix tensor(const std::string& name) const;  // [shape[0], the rest]; a vector is one row
  std::vector<Index> shape(const std::string& name) const { return file_.at(name).shape; }
  std::vector<int> integers(const std::string& name) const;
  Parameters parameters(const std::string& prefix) const;  // "coop_csc.init.": all that follow it
  // A set that holds a text tower only has no images: nothing can be prompted in the image tower.
  bool has_images() const { return !images.empty(); }
  // Of the image tower; without images the published ones, of the tower that nothing prompts.
  Matrix image_features(const VisionPrompts& vision) const;

  const ClipShape& clip_shape() const { return checkpoint_.shape(); }
  Matrix embeddings(const std::vector<int>& tokens) const;
  double logit_scale() const { return checkpoint_.logit_scale(); }

  std::vector<std::string> class_names;
  std::vector<Matrix> images;
  std::vector<int> labels;
  Tokenizer tokenizer;

 private:
  Safetensors file_;
  Checkpoint checkpoint_;

 public:
  TextTower text;
  ImageTower image;
};

// One row of a class's text: a token, or a learned row if `learned` is not negative.
struct TextRow {
  int token = 0;
  Index learned = -1;
};
using ClassText = std::vector<TextRow>;

enum class ClassPosition { kEnd, kMiddle, kFront };

// "<n_ctx learned rows> <name>.", the learned rows counted from `first_learned`, and where the name
// stands among them.
ClassText context_and_name(const GoldenFile& golden, const std::string& name, Index n_ctx,
                           ClassPosition position, Index first_learned = 0);

// "<words> <name>.", where the first n_learned words are learned rows and the others stay words.
ClassText words_and_name(const GoldenFile& golden, const std::string& words,
                         const std::string& name, Index n_learned);

TextInput text_input(const GoldenFile& golden, const std::vector<ClassText>& texts,
                     const Matrix& learned, const std::vector<Matrix>& deep = {});

// The gradient of the learned rows from that of all rows.
Matrix learned_gradient(const std::vector<ClassText>& texts, const std::vector<Matrix>& d_rows,
                        const Matrix& learned);

struct Evaluation {
  Matrix logits;
  double loss = 0;
  TextGradient d_text;
  VisionPrompts d_vision;
};

Evaluation evaluate(const GoldenFile& golden, const TextInput& text, const VisionPrompts& vision);

struct Outcome {
  Matrix logits;
  double loss = 0;
  Parameters gradient;
};

// The method's logits, first loss and gradients at the initial values, and its logits at the final
// ones, agree with those of the case.
void expect_case(const GoldenFile& golden, const std::string& name,
                 const std::function<Outcome(const Parameters&)>& method);

void expect_near(const Matrix& actual, const Matrix& expected, double tolerance);

}  // namespace qprompt::reference
