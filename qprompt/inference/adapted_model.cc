#include "qprompt/inference/adapted_model.h"

#include <algorithm>
#include <cmath>

#include "qprompt/clip/engine.h"
#include "qprompt/clip/feature_identity.h"
#include "qprompt/clip/similarity.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/finite.h"
#include "qprompt/core/hash.h"
#include "qprompt/core/ranks.h"
#include "qprompt/features/feature_store.h"
#include "qprompt/features/image_side.h"
#include "qprompt/features/lenient_cache.h"
#include "qprompt/inference/predictions.h"
#include "qprompt/prompt/prompted_clip.h"
#include "qprompt/prompt/zero_shot.h"

namespace qprompt {

// The head is a class matrix, a clip with more (texts for every image, as CoCoOp's, or a learner on
// features), or the mean of several heads.
struct AdaptedModel::Impl {
  Model model;
  std::vector<std::string> class_names;
  ImageSide image_side;
  Matrix class_matrix;                         // empty where that is not all there is
  std::shared_ptr<const PromptedClip> clip{};  // none where it is
  ParameterMap values{};                       // of that clip
  std::vector<AdaptedModel> parts{};           // of a mean
  double temperature = 1;

  // Numbers that are none must never look like an answer.
  Scores scores(const Matrix& unit_images) const {
    Scores scores = parts.empty() ? own_scores(unit_images) : mean_scores(unit_images);
    scores.logits /= static_cast<float>(temperature);
    require(all_finite(scores.logits), model.path().string(),
            ": scores that are not finite (NaN or infinity): weights or prompt are damaged");
    return scores;
  }

 private:
  Matrix any_logits(const Matrix& unit_images) const {
    const float scale = model.logit_scale();
    require(unit_images.cols() == model.shape().embed, "AdaptedModel: features of width ",
            unit_images.cols(), ", expected ", model.shape().embed);
    if (clip == nullptr) return cosine_logits(unit_images, class_matrix, scale);
    if (const FeatureLearner* head = clip->learner().head()) {
      return head->logits(values, clip->class_texts(), unit_images);
    }
    Matrix logits(unit_images.rows(), std::ssize(class_names));
    for (Index i = 0; i < unit_images.rows(); ++i) {
      const Matrix image = unit_images.row(i);
      const Prompts prompts = clip->learner().prompts(values, {clip->classes(), image});
      logits.row(i) = cosine_logits(image, clip->unit_texts(prompts.text.front()), scale);
    }
    return logits;
  }

  Scores own_scores(const Matrix& unit_images) const {
    Matrix logits = any_logits(unit_images);
    return {logits, logits};
  }

  Scores mean_scores(const Matrix& unit_images) const {
    std::vector<Scores> each;
    each.reserve(parts.size());
    for (const AdaptedModel& part : parts) each.push_back(part.impl_->scores(unit_images));
    Scores mean{mean_logits(each), each.front().raw};
    for (const Scores& scores : std::span(each).subspan(1)) mean.raw += scores.raw;
    mean.raw /= static_cast<float>(each.size());
    return mean;
  }

  // log(1/n sum_i p_i), from the largest of log p_i so that no small probability is lost.
  static Matrix mean_logits(const std::vector<Scores>& each) {
    Matrix mean(each.front().logits.rows(), each.front().logits.cols());
    for (Index i = 0; i < mean.rows(); ++i) {
      Eigen::ArrayXXd logs(std::ssize(each), mean.cols());
      for (Index part = 0; part < logs.rows(); ++part) {
        logs.row(part) = log_softmax(each[static_cast<std::size_t>(part)].logits.row(i));
      }
      const Eigen::RowVectorXd most = logs.colwise().maxCoeff();
      logs.rowwise() -= most.array();
      mean.row(i) = (most.array() + logs.exp().colwise().mean().log()).matrix().cast<float>();
    }
    return mean;
  }
};

namespace {

// Learned tokens of the image tower; no learner has any that depend on the class list or the image.
VisionPrompts vision_prompts(const PromptLearner& learner, const ParameterMap& values,
                             const Model& model) {
  if (!learner.prompts_images()) return {};
  return learner.prompts(values, {any_classes(model), Matrix()}).vision;
}

// Nothing where a class matrix is not all there is.
std::optional<Matrix> class_matrix_of(const PromptedClip& clip, const ParameterMap& values) {
  const PromptLearner& learner = clip.learner();
  if (learner.image_conditioned()) return std::nullopt;
  if (learner.head() != nullptr) return learner.head()->class_matrix(values, clip.class_texts());
  const Prompts prompts = learner.prompts(values, {clip.classes(), Matrix()});
  return clip.unit_texts(prompts.text.front());
}

// Everything that a class matrix depends on; another tokenizer reads the same names otherwise.
Hash128 class_matrix_key(const Model& model, const PromptFile& prompt, const ClassTokens& classes) {
  std::uint64_t hash = feature_identity(model);
  for (const ClassText& text : classes.classes) {
    hash = hash64(std::as_bytes(std::span(text.name)), hash);
    hash = hash64(std::as_bytes(std::span(text.sentence)), hash);
  }
  return hash128(to_bytes(prompt), hash);
}

void require_servable(const PromptFile& prompt, const PromptLearner& learner,
                      const std::vector<std::string>& class_names) {
  if (learner.head() != nullptr) {
    if (learner.class_bound()) require_seen(*learner.head(), class_names);
    return;
  }
  require(
      !learner.class_bound() || prompt.class_list == class_list_hash(class_names),
      "the prompt has a context for each of the classes it was learned with and serves no other "
      "class list");
}

}  // namespace

void require_same_backbone(const PromptFile& prompt, const Model& model) {
  at_border([&] {
    const bool is_old = prompt.identity == 0;
    const std::uint64_t learned_on = is_old ? prompt.backbone : prompt.identity;
    const std::uint64_t here = is_old ? model.fingerprint() : model.identity();
    require(learned_on == here, "the prompt was learned on the backbone ", hex64(learned_on),
            ", this model is ", hex64(here), " (", model.path().string(),
            "): weights, activation, heads or preprocessing differ");
  });
}

AdaptedModel::AdaptedModel(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {
  require(!impl_->class_names.empty(), "AdaptedModel: no class names");
  const bool has_matrix = impl_->clip == nullptr && impl_->parts.empty();
  require(!has_matrix || impl_->class_matrix.rows() == std::ssize(impl_->class_names),
          "AdaptedModel: ", impl_->class_matrix.rows(), " rows for ", impl_->class_names.size(),
          " class names");
  require(all_finite(impl_->class_matrix), impl_->model.path().string(),
          ": a class matrix that is not finite (NaN or infinity): weights or prompt are damaged");
}

AdaptedModel AdaptedModel::of(const PromptedClip& clip, const ParameterMap& values) {
  const PromptLearner& learner = clip.learner();
  require_parameters(learner, clip.classes(), values);
  ImageSide side(clip.model(), vision_prompts(learner, values, clip.model()));
  Impl impl{clip.model(), clip.classes().names, std::move(side), Matrix()};
  if (auto class_matrix = class_matrix_of(clip, values)) {
    impl.class_matrix = std::move(*class_matrix);
  } else {
    impl.clip = std::make_shared<const PromptedClip>(clip);
    impl.values = values;
  }
  return AdaptedModel(std::make_shared<const Impl>(std::move(impl)));
}

namespace {

AdaptedModel adapted(const Model& model, const PromptFile& prompt,
                     std::shared_ptr<const PromptLearner> learner,
                     const std::vector<std::string>& class_names) {
  const PromptedClip clip(model, std::move(learner), class_names, kernels::Differentiable::kNo);
  return AdaptedModel::of(clip, values(prompt));
}

}  // namespace

AdaptedModel AdaptedModel::of_part(const Model& model, const PromptFile& part,
                                   std::vector<std::string> class_names,
                                   const std::shared_ptr<FeatureStore>& cache) {
  require_same_backbone(part, model);
  const auto learner = make_learner(part.method, model, part.seen);
  require_servable(part, *learner, class_names);
  if (cache == nullptr || learner->image_conditioned() || learner->head() != nullptr) {
    return adapted(model, part, learner, class_names);
  }
  const ClassTokens classes = tokenize_classes(model, class_names);
  const Hash128 key = class_matrix_key(model, part, classes);
  const auto known = kept_matrix(*cache, key, model.shape().embed);
  // What one rank makes, all make together.
  if (any(model.engine().ranks(), !known)) {
    AdaptedModel made = adapted(model, part, learner, class_names);
    keep_matrix(*cache, key, made.impl_->class_matrix);
    return made;
  }
  const ParameterMap learned = values(part);
  require_parameters(*learner, classes, learned);
  ImageSide side(model, vision_prompts(*learner, learned, model));
  return AdaptedModel(
      std::make_shared<const Impl>(Impl{model, std::move(class_names), std::move(side), *known}));
}

AdaptedModel::AdaptedModel(const Model& model, const PromptFile& prompt,
                           std::vector<std::string> class_names,
                           const std::shared_ptr<FeatureStore>& cache) {
  at_border([&] {
    std::vector<AdaptedModel> parts{of_part(model, first_part(prompt), class_names, cache)};
    for (const PromptFile& partner : prompt.partners) {
      parts.emplace_back(model, partner, class_names, cache);
    }
    const bool is_mean = parts.size() > 1;
    AdaptedModel whole = is_mean ? mean_of(std::move(parts)) : std::move(parts.front());
    *this = prompt.temperature == 1 ? whole : whole.with_temperature(prompt.temperature);
  });
}

AdaptedModel AdaptedModel::mean_of(std::vector<AdaptedModel> parts) {
  return at_border([&] {
    require(!parts.empty(), "mean_of: no models");
    const AdaptedModel& first = parts.front();
    for (const AdaptedModel& part : parts) {
      require(part.class_names() == first.class_names(),
              "mean_of: models of different class lists");
      require(part.image_side().number() == first.image_side().number(),
              "mean_of: models that see images differently: of different backbones, or with "
              "different tokens in the image tower");
    }
    Impl impl{first.model(), first.class_names(), first.image_side(), Matrix()};
    impl.parts = std::move(parts);
    return AdaptedModel(std::make_shared<const Impl>(std::move(impl)));
  });
}

AdaptedModel AdaptedModel::with_temperature(double temperature) const {
  return at_border([&] {
    require(std::isfinite(temperature) && temperature > 0, "AdaptedModel: temperature ",
            temperature, ", expected a number above 0");
    Impl impl = *impl_;
    impl.temperature = temperature;
    return AdaptedModel(std::make_shared<const Impl>(std::move(impl)));
  });
}

std::optional<AdaptedModel> AdaptedModel::joined(const AdaptedModel& more) const {
  return at_border([&]() -> std::optional<AdaptedModel> {
    require(image_side().number() == more.image_side().number(),
            "joined: models that see images differently");
    require(temperature() == more.temperature(), "joined: temperatures ", temperature(), " and ",
            more.temperature());
    const auto has_matrix = [](const Impl& impl) {
      return impl.clip == nullptr && impl.parts.empty();
    };
    if (!has_matrix(*impl_) || !has_matrix(*more.impl_)) return std::nullopt;
    std::vector<std::string> names = class_names();
    names.insert(names.end(), more.class_names().begin(), more.class_names().end());
    Matrix rows(std::ssize(names), impl_->class_matrix.cols());
    rows << impl_->class_matrix, more.impl_->class_matrix;
    Impl both{impl_->model, std::move(names), impl_->image_side, std::move(rows)};
    both.temperature = temperature();
    return AdaptedModel(std::make_shared<const Impl>(std::move(both)));
  });
}

double AdaptedModel::temperature() const { return impl_->temperature; }

std::optional<double> AdaptedModel::cosine_scale() const {
  const auto is_cosine = [](const AdaptedModel& model) { return model.cosine_scale().has_value(); };
  const bool has_head = impl_->clip != nullptr && impl_->clip->learner().head() != nullptr;
  if (has_head || !std::ranges::all_of(impl_->parts, is_cosine)) return std::nullopt;
  return impl_->model.logit_scale();
}

AdaptedModel AdaptedModel::zero_shot(const Model& model, const std::vector<std::string>& templates,
                                     std::vector<std::string> class_names) {
  return at_border([&] {
    Matrix texts = zero_shot_texts(model, templates, class_names);
    return with_class_matrix(model, std::move(texts), std::move(class_names));
  });
}

AdaptedModel AdaptedModel::with_class_matrix(const Model& model, Matrix class_matrix,
                                             std::vector<std::string> class_names) {
  return at_border([&] {
    require(class_matrix.cols() == model.shape().embed, "AdaptedModel: a class matrix of width ",
            class_matrix.cols(), ", expected ", model.shape().embed);
    return AdaptedModel(std::make_shared<const Impl>(
        Impl{model, std::move(class_names), ImageSide(model), std::move(class_matrix)}));
  });
}

const Model& AdaptedModel::model() const { return impl_->model; }
const std::vector<std::string>& AdaptedModel::class_names() const { return impl_->class_names; }
bool AdaptedModel::prompts_images() const { return impl_->image_side.is_prompted(); }
const ImageSide& AdaptedModel::image_side() const { return impl_->image_side; }

const Matrix& AdaptedModel::class_matrix() const {
  return at_border([&]() -> const Matrix& {
    require(!prompts_images(),
            "a class matrix alone does not hold this prompt: it has learned tokens in the image "
            "tower too, and features of the frozen tower would be scored wrongly");
    require(impl_->parts.empty(),
            "a class matrix alone does not hold this prompt: it is the mean of ",
            impl_->parts.size(), " models' probabilities");
    require(impl_->clip == nullptr || impl_->clip->learner().head() == nullptr,
            "a class matrix alone does not hold what was learned: logits of this method are more "
            "than cosines to a vector for each class");
    require(impl_->clip == nullptr,
            "a class matrix alone does not hold this prompt: its texts depend on the image");
    return impl_->class_matrix;
  });
}

ImageFeatures AdaptedModel::features(std::span<const ImageSource> images,
                                     const FeatureOptions& options) const {
  return at_border([&] {
    std::vector<ImageRequest> requests;
    for (const ImageSource& image : images) requests.push_back({image});
    return image_features(impl_->image_side, requests, options);
  });
}

AdaptedModel::Scores AdaptedModel::scores(const ImageFeatures& features) const {
  return at_border([&] {
    require(features.side == impl_->image_side.number(),
            "AdaptedModel: features that another image side encoded: of another model, or with "
            "other tokens in the image tower");
    return impl_->scores(UnitRows(features.features).unit);
  });
}

AdaptedModel::Scores AdaptedModel::scores_of_frozen(const Matrix& unit_features) const {
  require(!prompts_images(),
          "AdaptedModel: features of the frozen image tower, but this model has "
          "learned tokens in it");
  return impl_->scores(unit_features);
}

AdaptedModel::Scores AdaptedModel::scores_of_pixels(const Matrix& pixels) const {
  const Matrix features = split_rows(impl_->model.engine().ranks(), pixels.rows(), [&](Part own) {
    return impl_->image_side.encode(pixels.middleRows(own.first, own.count));
  });
  return impl_->scores(UnitRows(features).unit);
}

Matrix AdaptedModel::logits(const ImageFeatures& features) const { return scores(features).logits; }

Matrix AdaptedModel::logits_of_frozen(const Matrix& unit_features) const {
  return scores_of_frozen(unit_features).logits;
}

Matrix AdaptedModel::logits_of_pixels(const Matrix& pixels) const {
  return scores_of_pixels(pixels).logits;
}

}  // namespace qprompt
