#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/clip/model.h"
#include "qprompt/core/export.h"
#include "qprompt/core/matrix.h"
#include "qprompt/data/image_source.h"
#include "qprompt/features/feature_options.h"
#include "qprompt/features/image_features.h"

namespace qprompt {

class ImageSide;
class PromptedClip;

// A model adapted to a class list, as one thing: the backbone, what was learned in both of its
// towers, the class names, and the head that scores images among them. Whatever classifies,
// evaluates, validates, serves or exports does it through here, so that no text side can be paired
// with another image side. Copies are handles of one adapted model; any number of threads may use
// it at once, with the results that one thread has.
class QPROMPT_API AdaptedModel {
 public:
  // A prompt for any class list; a class-bound prompt for its own only, a class-bound learner on
  // features for any of the classes it saw, a mean for what each of its parts serves. Throws Error
  // for a prompt of another backbone, with both identities, and for other classes than those. Class
  // matrices are looked up and kept in `cache` where that is given.
  AdaptedModel(const Model& model, const PromptFile& prompt, std::vector<std::string> class_names,
               const std::shared_ptr<FeatureStore>& cache = nullptr);

  // Zero-shot CLIP: the average of templates such as "a photo of a {}.".
  static AdaptedModel zero_shot(const Model& model, const std::vector<std::string>& templates,
                                std::vector<std::string> class_names);
  // The frozen image tower under a class matrix [n_cls, embed] of unit rows.
  static AdaptedModel with_class_matrix(const Model& model, Matrix class_matrix,
                                        std::vector<std::string> class_names);
  // What a training has now: its towers with these values of the parameters.
  static AdaptedModel of(const PromptedClip& clip, const ParameterMap& values);
  // The mean of several models' probabilities: its logits are log(mean_i softmax(logits_i)), so
  // their softmax is that mean. Throws Error unless all are of one model and class list and see
  // images alike: with the frozen image tower, or the same tokens in it.
  static AdaptedModel mean_of(std::vector<AdaptedModel> parts);

  // This model with another temperature than its own: logits are divided by it, which leaves their
  // order. Throws Error unless it is a number above 0.
  AdaptedModel with_temperature(double temperature) const;
  double temperature() const;
  // This model asked about the classes of `more` too, which stand behind its own: `more` is the
  // same adaptation for those names alone, so that only their texts are encoded. Nothing where a
  // class is not its row of a class matrix. Throws Error where the two see images differently, or
  // have other temperatures.
  std::optional<AdaptedModel> joined(const AdaptedModel& more) const;
  // What cosines of images and classes are multiplied by to be raw logits, the model's logit_scale;
  // of a mean they are its parts' mean cosines. Nothing where logits are more than cosines, as
  // those of most learners on features.
  std::optional<double> cosine_scale() const;

  const Model& model() const;
  const std::vector<std::string>& class_names() const;
  // Whether learned tokens stand in the image tower, so that its features are nobody else's.
  bool prompts_images() const;
  // The texts of the classes [n_cls, embed], unit rows, where they, the frozen image tower and the
  // temperature are all there is. Throws Error where a class matrix alone does not hold the prompt:
  // with tokens in the image tower, texts that depend on the image, or a mean of several.
  const Matrix& class_matrix() const;

  // Features of the images as this model's image tower sees them. Throws Error naming a damaged
  // image, unless the options skip it.
  ImageFeatures features(std::span<const ImageSource> images,
                         const FeatureOptions& options = {}) const;
  // Logits [rows of features, n_cls]. Throws Error for features that another image side encoded.
  Matrix logits(const ImageFeatures& features) const;
  // The same, and raw logits: before temperatures, of a mean the mean of its parts' raw logits.
  // They say how near an image is to a class, where logits only say which class is nearest.
  struct Scores {
    Matrix logits, raw;
  };
  Scores scores(const ImageFeatures& features) const;

  // For the library itself.
  const ImageSide& image_side() const;
  // Logits of unit features [b, embed] of the frozen tower. Throws Error where this model's image
  // tower is not the frozen one.
  Matrix logits_of_frozen(const Matrix& unit_features) const;
  Scores scores_of_frozen(const Matrix& unit_features) const;
  // Logits of images [b, 3 size size], planar and normalised. Of several ranks, each reads its part
  // of them alone.
  Matrix logits_of_pixels(const Matrix& pixels) const;
  Scores scores_of_pixels(const Matrix& pixels) const;

 private:
  struct Impl;
  static AdaptedModel of_part(const Model& model, const PromptFile& part,
                              std::vector<std::string> class_names,
                              const std::shared_ptr<FeatureStore>& cache);
  explicit AdaptedModel(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

// Throws Error with both identities for a prompt that was learned on another backbone. A file of
// version 0.1 knows its backbone by the fingerprint alone.
QPROMPT_API void require_same_backbone(const PromptFile& prompt, const Model& model);

}  // namespace qprompt
