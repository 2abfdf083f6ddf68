#include "qprompt/serve/class_matrix.h"

#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/file.h"
#include "qprompt/core/safetensors.h"
#include "qprompt/prompt/text_features.h"

namespace qprompt {
namespace {

constexpr char kTensor[] = "class_matrix";

// Everything that the class matrix depends on.
std::string cache_key(const Model& model, const PromptFile& prompt,
                      const std::vector<std::string>& class_names) {
  const std::vector<std::byte> bytes = to_bytes(prompt);
  std::string names;
  for (const std::string& name : class_names) names += name + '\n';
  return hex64(hash64(names, hash64(bytes, prompt.backbone))) + "-" +
         enum_name(model.device().format());
}

bool is_class_matrix(const Matrix& m, const Model& model, std::size_t classes) {
  return m.rows() == static_cast<Index>(classes) && m.cols() == model.shape().embed &&
         m.allFinite();
}

}  // namespace

Matrix class_matrix(const Model& model, const PromptFile& prompt,
                    const std::vector<std::string>& class_names) {
  require(prompt.backbone == model.fingerprint(), "the prompt was learned on the backbone ",
          hex64(prompt.backbone), ", this model is ", hex64(model.fingerprint()), " (",
          model.checkpoint().path().string(), ")");
  const auto learner = make_learner(prompt.method, model);
  require(
      !learner->class_bound() || prompt.class_list == class_list_hash(class_names),
      "the prompt has a context for each of the classes it was learned with and serves no other "
      "class list");
  return class_features(model, *learner, values(prompt), class_names);
}

Matrix cached_class_matrix(const Model& model, const PromptFile& prompt,
                           const std::vector<std::string>& class_names,
                           const std::filesystem::path& folder) {
  const auto path = folder / (cache_key(model, prompt, class_names) + ".safetensors");
  try {
    const Matrix cached = to_matrix(Safetensors(path).at(kTensor));
    if (is_class_matrix(cached, model, class_names.size())) return cached;
  } catch (const Error&) {
    // Not there yet, or damaged: computed again.
  }
  const Matrix computed = class_matrix(model, prompt, class_names);
  try {
    write_safetensors(path, {{kTensor, computed}});
  } catch (const Error&) {
    // The answer does not need the cache.
  }
  return computed;
}

}  // namespace qprompt
