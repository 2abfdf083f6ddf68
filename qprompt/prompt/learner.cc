#include "qprompt/prompt/learner.h"

#include "qprompt/core/error.h"
#include "qprompt/prompt/coop.h"

namespace qprompt {
namespace {

std::unique_ptr<PromptLearner> make(const CoOpConfig& config, const Model& model) {
  return std::make_unique<CoOp>(config, model);
}

}  // namespace

MethodConfig default_config(MethodTag method) {
  switch (method) {
    case MethodTag::kCoOp:
      return CoOpConfig{};
  }
  fail("method number ", static_cast<int>(method), ", expected 0");
}

std::unique_ptr<PromptLearner> make_learner(const MethodConfig& config, const Model& model) {
  return std::visit([&](const auto& alternative) { return make(alternative, model); }, config);
}

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
  }
}

}  // namespace qprompt
