#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/clip/model.h"
#include "qprompt/features/image_features.h"
#include "qprompt/serve/deployment.h"

namespace qprompt {

struct ClassScore {
  std::string class_name;
  double probability = 0;
};

struct Classification {
  std::filesystem::path path;
  std::vector<ClassScore> scores;  // best first, at most top_k of them
  bool abstained = false;          // the best probability is below min_confidence
  std::string damage;              // why a skipped image could not be read, else empty
};

struct ClassifyOptions {
  int top_k = 1;
  double min_confidence = 0;  // 0..1
  FeatureOptions features{};  // its prompts are the classifier's own
};

// Images to class names, with a prompt for any class list (but a class-bound prompt's own only).
class Classifier {
 public:
  Classifier(const Model& model, const PromptFile& prompt, std::vector<std::string> class_names);
  Classifier(const Model& model, Deployment deployment, std::vector<std::string> class_names);
  // From a class matrix [n_cls, embed] of unit rows.
  Classifier(const Model& model, Matrix class_matrix, std::vector<std::string> class_names);

  std::vector<Classification> classify(std::span<const std::filesystem::path> images,
                                       const ClassifyOptions& options = {}) const;
  Classification classify(const std::filesystem::path& image) const;

  const std::vector<std::string>& class_names() const { return class_names_; }

 private:
  Model model_;
  Deployment deployment_;
  std::vector<std::string> class_names_;
};

}  // namespace qprompt
