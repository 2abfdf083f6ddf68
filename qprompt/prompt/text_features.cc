#include "qprompt/prompt/text_features.h"

#include "qprompt/clip/similarity.h"
#include "qprompt/core/error.h"

namespace qprompt {

Matrix class_features(const Model& model, const PromptLearner& learner, const ParameterMap& values,
                      const std::vector<std::string>& class_names) {
  require(!learner.image_conditioned(),
          "class_features: the prompts depend on the image, there is no class matrix");
  const ClassTokens classes = tokenize_classes(model, class_names);
  require_parameters(learner, classes, values);
  const Prompts prompts = learner.prompts(values, {classes, Matrix()});
  TextWorkspace workspace(model.device());
  const TextPass pass = model.text_tower()->forward(learner.layout(classes), prompts.text.front(),
                                                    workspace, Keep::kNothing);
  return UnitRows(pass.features()).unit;
}

Matrix zero_shot_features(const Model& model, const std::vector<std::string>& templates,
                          const std::vector<std::string>& class_names, TemplateAverage average) {
  require(!templates.empty(), "zero_shot_features: no template");
  TextWorkspace workspace(model.device());
  const auto tower = model.text_tower();
  Matrix sum = Matrix::Zero(static_cast<Index>(class_names.size()), model.shape().embed);
  for (const std::string& prompt_template : templates) {
    const TextLayout layout = template_layout(model.tokenizer(), prompt_template, class_names,
                                              model.shape().context_length);
    const Matrix features = tower->forward(layout, {}, workspace, Keep::kNothing).features();
    sum += average == TemplateAverage::kRawFeatures ? features : UnitRows(features).unit;
  }
  return UnitRows(sum).unit;
}

}  // namespace qprompt
