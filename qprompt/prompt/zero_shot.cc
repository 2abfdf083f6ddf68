#include "qprompt/prompt/zero_shot.h"

#include "qprompt/clip/engine.h"
#include "qprompt/clip/similarity.h"
#include "qprompt/core/error.h"
#include "qprompt/tokenizer/tokenizer.h"

namespace qprompt {

Matrix zero_shot_texts(const Model& model, const std::vector<std::string>& templates,
                       const std::vector<std::string>& class_names, TemplateAverage average) {
  require(!templates.empty(), "zero-shot: no template");
  const auto tower = model.text_tower();
  Matrix sum = Matrix::Zero(static_cast<Index>(class_names.size()), model.shape().embed);
  for (const std::string& prompt_template : templates) {
    const TextLayout layout = template_layout(model.tokenizer(), prompt_template, class_names,
                                              model.shape().context_length);
    const Matrix features = model.engine().encode(*tower, tower->embed(layout), {});
    sum += average == TemplateAverage::kRawFeatures ? features : UnitRows(features).unit;
  }
  return UnitRows(sum).unit;
}

}  // namespace qprompt
