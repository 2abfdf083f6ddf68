#include "qprompt/serve/class_matrix.h"

#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/file.h"
#include "qprompt/core/safetensors.h"
#include "qprompt/prompt/text_features.h"

namespace qprompt {
namespace {

constexpr char kTensor[] = "class_matrix";
constexpr char kChecksum[] = "checksum";

template <typename Value>
std::uint64_t hash_of(const std::vector<Value>& values, std::uint64_t seed) {
  return hash64(std::as_bytes(std::span(values)), seed);
}

// Everything that the class matrix depends on: another tokenizer reads the same names otherwise.
std::string cache_key(const Model& model, const PromptFile& prompt,
                      const std::vector<std::string>& class_names) {
  const TransformerShape& tower = model.shape().text;
  std::uint64_t hash = hash_of(to_bytes(prompt), prompt.backbone);
  hash = hash_of(std::vector<float>{tower.layer_norm_eps, static_cast<float>(tower.heads),
                                    static_cast<float>(tower.activation)},
                 hash);
  for (const std::string& name : class_names) hash = hash64(name, hash);
  const ClassTokens tokens = tokenize_classes(model, class_names);
  for (const ClassText& text : tokens.classes) {
    hash = hash_of(text.sentence, hash_of(text.name, hash));
  }
  return hex64(hash) + "-" + enum_name(model.device().format());
}

std::string checksum(const Matrix& m) { return hex64(hash64(std::as_bytes(values_of(m)))); }

// Throws Error for a file that is not there or not as it was written.
Matrix read_class_matrix(const std::filesystem::path& path, const Model& model,
                         std::size_t classes) {
  const Safetensors file(path);
  Matrix m = to_matrix(file.at(kTensor));
  require(m.rows() == static_cast<Index>(classes) && m.cols() == model.shape().embed, path.string(),
          ": a class matrix [", m.rows(), ", ", m.cols(), "], expected [", classes, ", ",
          model.shape().embed, "]");
  const auto stored = file.metadata().find(kChecksum);
  require(stored != file.metadata().end() && stored->second == checksum(m), path.string(),
          ": damaged");
  return m;
}

}  // namespace

void require_same_backbone(const PromptFile& prompt, const Model& model) {
  require(prompt.backbone == model.fingerprint(), "the prompt was learned on the backbone ",
          hex64(prompt.backbone), ", this model is ", hex64(model.fingerprint()), " (",
          model.checkpoint().path().string(), ")");
}

void require_servable(const Model& model, const PromptFile& prompt, const PromptLearner& learner,
                      const std::vector<std::string>& class_names) {
  require_same_backbone(prompt, model);
  require(
      !learner.class_bound() || prompt.class_list == class_list_hash(class_names),
      "the prompt has a context for each of the classes it was learned with and serves no other "
      "class list");
}

Matrix class_matrix(const Model& model, const PromptFile& prompt,
                    const std::vector<std::string>& class_names) {
  const auto learner = make_learner(prompt.method, model);
  require_servable(model, prompt, *learner, class_names);
  return class_features(model, *learner, values(prompt), class_names);
}

Matrix cached_class_matrix(const Model& model, const PromptFile& prompt,
                           const std::vector<std::string>& class_names,
                           const std::filesystem::path& folder) {
  require_same_backbone(prompt, model);
  const auto path = folder / (cache_key(model, prompt, class_names) + ".safetensors");
  try {
    return read_class_matrix(path, model, class_names.size());
  } catch (const Error&) {
    // Not there yet, or damaged: computed again.
  }
  const Matrix computed = class_matrix(model, prompt, class_names);
  try {
    write_safetensors(path, {{kTensor, computed}}, {{kChecksum, checksum(computed)}});
  } catch (const Error&) {
    // The answer does not need the cache.
  }
  return computed;
}

}  // namespace qprompt
