#include "qprompt/prompt/learner.h"

#include <iterator>
#include <sstream>

#include "qprompt/adapter/clap.h"
#include "qprompt/adapter/class_means.h"
#include "qprompt/adapter/clip_adapter.h"
#include "qprompt/adapter/gaussian.h"
#include "qprompt/adapter/linear_probe.h"
#include "qprompt/adapter/tip_adapter.h"
#include "qprompt/core/error.h"
#include "qprompt/core/finite.h"
#include "qprompt/prompt/cocoop.h"
#include "qprompt/prompt/coop.h"
#include "qprompt/prompt/feature_method.h"
#include "qprompt/prompt/ivlp.h"
#include "qprompt/prompt/maple.h"
#include "qprompt/prompt/vpt.h"
#include "qprompt/tokenizer/tokenizer.h"

namespace qprompt {
namespace {

std::shared_ptr<const PromptLearner> make(const CoOpConfig& config, const Model& model,
                                          const SeenClasses&) {
  return std::make_shared<CoOp>(config, model);
}
std::shared_ptr<const PromptLearner> make(const CoCoOpConfig& config, const Model& model,
                                          const SeenClasses&) {
  return std::make_shared<CoCoOp>(config, model);
}
std::shared_ptr<const PromptLearner> make(const VptConfig& config, const Model& model,
                                          const SeenClasses&) {
  return std::make_shared<Vpt>(config, model);
}
std::shared_ptr<const PromptLearner> make(const IvlpConfig& config, const Model& model,
                                          const SeenClasses&) {
  return std::make_shared<Ivlp>(config, model);
}
std::shared_ptr<const PromptLearner> make(const MaPLeConfig& config, const Model& model,
                                          const SeenClasses&) {
  return std::make_shared<MaPLe>(config, model);
}

// A learner on features, whose logits are not the texts' cosines.
template <typename Learner, typename Config>
std::shared_ptr<const PromptLearner> on_features(const Config& config, const Model& model,
                                                 const SeenClasses& seen) {
  auto head = std::make_unique<const Learner>(config, model.shape().embed, seen);
  return std::make_shared<FeatureMethod>(config, std::move(head), model);
}

std::shared_ptr<const PromptLearner> make(const ClipAdapterConfig& config, const Model& model,
                                          const SeenClasses& seen) {
  return on_features<ClipAdapter>(config, model, seen);
}
std::shared_ptr<const PromptLearner> make(const TipAdapterConfig& config, const Model& model,
                                          const SeenClasses& seen) {
  return on_features<TipAdapter>(config, model, seen);
}
std::shared_ptr<const PromptLearner> make(const TipAdapterFConfig& config, const Model& model,
                                          const SeenClasses& seen) {
  return on_features<TipAdapter>(config, model, seen);
}
std::shared_ptr<const PromptLearner> make(const LinearProbeConfig& config, const Model& model,
                                          const SeenClasses& seen) {
  return on_features<LinearProbe>(config, model, seen);
}
std::shared_ptr<const PromptLearner> make(const ClapConfig& config, const Model& model,
                                          const SeenClasses& seen) {
  return on_features<Clap>(config, model, seen);
}
std::shared_ptr<const PromptLearner> make(const GaussianConfig& config, const Model& model,
                                          const SeenClasses& seen) {
  return on_features<Gaussian>(config, model, seen);
}
std::shared_ptr<const PromptLearner> make(const ClassMeansConfig& config, const Model& model,
                                          const SeenClasses& seen) {
  return on_features<ClassMeans>(config, model, seen);
}

}  // namespace

int words_in(const std::string& text) {
  std::istringstream words(spoken_name(text));
  return static_cast<int>(std::distance(std::istream_iterator<std::string>(words), {}));
}

std::shared_ptr<const PromptLearner> make_learner(const MethodConfig& config, const Model& model,
                                                  const SeenClasses& seen) {
  return std::visit([&](const auto& alternative) { return make(alternative, model, seen); },
                    config);
}

ClassTokens tokenize_classes(const Model& model, const std::vector<std::string>& class_names) {
  return tokenize_classes(model.tokenizer(), class_names, model.shape().context_length);
}

ClassTokens any_classes(const Model& model) { return tokenize_classes(model, {"thing"}); }

void require_parameters(const PromptLearner& learner, const ClassTokens& classes,
                        const ParameterMap& values) {
  const std::vector<ParameterSpec> specs = learner.parameters(classes);
  require(specs.size() == values.size(), "a prompt of ", values.size(), " matrices, expected ",
          specs.size());
  for (const ParameterSpec& spec : specs) {
    const auto found = values.find(spec.name);
    require(found != values.end(), "a prompt without its matrix '", spec.name, "'");
    const Matrix& value = found->second;
    require(value.rows() == spec.rows && value.cols() == spec.cols, "matrix '", spec.name, "' is [",
            value.rows(), ", ", value.cols(), "], expected [", spec.rows, ", ", spec.cols, "]");
    require(all_finite(value), "matrix '", spec.name,
            "' holds values that are not finite (NaN or infinity)");
  }
}

}  // namespace qprompt
