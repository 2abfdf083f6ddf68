#include "qprompt/prompt/learner.h"

#include <iterator>
#include <sstream>

#include "qprompt/core/error.h"
#include "qprompt/prompt/cocoop.h"
#include "qprompt/prompt/coop.h"
#include "qprompt/prompt/ivlp.h"
#include "qprompt/prompt/maple.h"
#include "qprompt/prompt/vpt.h"
#include "qprompt/tokenizer/tokenizer.h"

namespace qprompt {
namespace {

std::shared_ptr<const PromptLearner> make(const CoOpConfig& config, const Model& model) {
  return std::make_shared<CoOp>(config, model);
}
std::shared_ptr<const PromptLearner> make(const CoCoOpConfig& config, const Model& model) {
  return std::make_shared<CoCoOp>(config, model);
}
std::shared_ptr<const PromptLearner> make(const VptConfig& config, const Model& model) {
  return std::make_shared<Vpt>(config, model);
}
std::shared_ptr<const PromptLearner> make(const IvlpConfig& config, const Model& model) {
  return std::make_shared<Ivlp>(config, model);
}
std::shared_ptr<const PromptLearner> make(const MaPLeConfig& config, const Model& model) {
  return std::make_shared<MaPLe>(config, model);
}

}  // namespace

int words_in(const std::string& text) {
  std::istringstream words(spoken_name(text));
  return static_cast<int>(std::distance(std::istream_iterator<std::string>(words), {}));
}

std::shared_ptr<const PromptLearner> make_learner(const MethodConfig& config, const Model& model) {
  return std::visit([&](const auto& alternative) { return make(alternative, model); }, config);
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
    require(value.allFinite(), "matrix '", spec.name,
            "' holds values that are not finite (NaN or infinity)");
  }
}

}  // namespace qprompt
