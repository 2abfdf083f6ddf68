#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qprompt/adapter/seen_class.h"
#include "qprompt/core/matrix.h"
#include "qprompt/core/parameter.h"

namespace qprompt {

// What a learner sees of these classes. Throws Error for a label of none of them.
SeenClasses seen_classes(const std::vector<std::string>& class_names, std::span<const int> labels);

// Labelled features of the frozen image tower.
struct Shots {
  const Matrix& features;       // [images * views, embed], unit rows; an image's views are together
  std::span<const int> labels;  // of the images
  Index views = 1;

  Index images() const { return static_cast<Index>(labels.size()); }
  Index rows() const { return images() * views; }
  int label(Index row) const { return labels[static_cast<std::size_t>(row / views)]; }
};

// What is asked among: class names, their texts, and what CLIP multiplies cosines by.
struct ClassTexts {
  const std::vector<std::string>& names;
  const Matrix& texts;  // [n_cls, embed], unit rows
  float scale = 1;
};

// What a learner says of a batch, and the way back from it, which borrows what it was made of.
struct FeaturePass {
  // The gradient of every parameter.
  using PullBack = std::function<ParameterMap(const Matrix& d_logits)>;

  Matrix logits;         // [b, n_cls]
  PullBack pull_back{};  // none of a learner without steps
};

// A term that a learner adds to the loss of its steps.
class Penalty {
 public:
  virtual ~Penalty() = default;
  // The term; its gradient is added to `gradient`.
  virtual double add(const ParameterMap& values, ParameterMap& gradient) const = 0;
};

// A learner on features of the frozen towers: which matrices it owns, how they start from a few
// labelled images, the logits, and their pull-back. A pure function of parameter values, as a
// PromptLearner is; the classes it remembers are a part of what it learned.
class FeatureLearner {
 public:
  explicit FeatureLearner(SeenClasses seen = {});
  virtual ~FeatureLearner() = default;

  const SeenClasses& seen() const { return seen_; }

  virtual std::vector<ParameterSpec> parameters() const = 0;
  // The classes are those it saw, in their order. What is learned without steps is finished here.
  // Throws Error for shots that it cannot learn from.
  virtual ParameterMap initial_values(const Shots& shots, const ClassTexts& classes,
                                      std::uint64_t seed) const = 0;
  // Of unit features `images` [b, embed]. Classes are known by their names, and of one name the
  // first is the first that it saw, the second the second (ImageNet has two "missile"). A learner
  // that has nothing to say of a class it never saw is not asked about one (require_seen).
  virtual FeaturePass forward(const ParameterMap& values, const ClassTexts& classes,
                              const Matrix& images) const = 0;
  Matrix logits(const ParameterMap& values, const ClassTexts& classes, const Matrix& images) const {
    return forward(values, classes, images).logits;
  }

  // A term of the loss of those that learn by steps, or none.
  virtual std::unique_ptr<Penalty> penalty(const Shots& shots, const ClassTexts& classes) const;

  // Unit rows [n_cls, embed] where the logits are nothing but scaled cosines to them.
  virtual std::optional<Matrix> class_matrix(const ParameterMap& values,
                                             const ClassTexts& classes) const;

 protected:
  Index classes() const { return static_cast<Index>(seen_.size()); }
  // Place of each name among the classes it saw, the first of equal names first; -1 for one that it
  // did not see, or not so often.
  std::vector<Index> places_of(const std::vector<std::string>& names) const;

 private:
  SeenClasses seen_;
};

// Throws Error naming the first class that the learner never saw.
void require_seen(const FeatureLearner& learner, const std::vector<std::string>& class_names);

// Mean of each class's rows [n_cls, embed]. Throws Error naming a class without images.
Matrix class_means(const Shots& shots, const std::vector<std::string>& class_names);

// Row `places[i]` of `rows` as row i; zeros for -1.
Matrix rows_at(const Matrix& rows, const std::vector<Index>& places);

}  // namespace qprompt
