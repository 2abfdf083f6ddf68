#include "qprompt/artifact/reference_checkpoint.h"

#include <algorithm>

#include "qprompt/artifact/reference_names.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/finite.h"
#include "qprompt/formats/stand_in.h"
#include "qprompt/formats/tensor_source.h"
#include "qprompt/formats/torch_archive.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<const TensorSource> open(const fs::path& path) {
  const MappedFile file(path);
  refuse_stand_in(file.bytes(), path);
  if (looks_like_zip(file.bytes())) return open_torch_archive(TorchArchive(path));
  require(file.bytes().size() > 8 && file.bytes()[8] == std::byte{'{'}, path.string(),
          ": neither a checkpoint of PyTorch 1.6 or later nor safetensors (older checkpoints: load "
          "and torch.save them with a newer PyTorch)");
  return open_safetensors(path);
}

// How a matrix is stored: [rows, cols], a vector for one row, or rows in groups (one for each
// class).
bool has_shape(const std::vector<Index>& stored, const ParameterSpec& parameter) {
  if (stored.empty() || stored.back() != parameter.cols) return false;
  return checked_size(std::span(stored).first(stored.size() - 1)) == parameter.rows;
}

// Gives fields their size by name.
class SizeVisitor {
 public:
  explicit SizeVisitor(const std::map<std::string, std::vector<Index>>& shapes) : shapes_(shapes) {
    if (const auto* ctx = shape_of("ctx")) {
      sizes_["n_ctx"] = ctx->size() < 2 ? 1 : (*ctx)[ctx->size() - 2];
      sizes_["class_specific"] = ctx->size() > 2 ? 1 : 0;
    }
    if (const auto* hidden = shape_of("meta_net.linear1.weight"); is_matrix(hidden)) {
      sizes_["reduction"] = (*hidden)[1] / std::max<Index>(1, (*hidden)[0]);
    }
    const auto* vision = shape_of("vision");
    sizes_["n_ctx_vision"] = is_matrix(vision) ? (*vision)[0] : 0;
    sizes_["depth_vision"] = 1 + count("deep_vision.");
    sizes_["depth_text"] = 1 + count("deep_text.");
    sizes_["depth"] = 1 + count("compound_prompts_text.");
  }

  template <typename T>
  void operator()(const std::string& field, T& value, const std::string&) {
    if constexpr (std::is_integral_v<T>) {
      if (const auto found = sizes_.find(field); found != sizes_.end()) {
        value = static_cast<T>(found->second);
      }
    }
  }

 private:
  const std::vector<Index>* shape_of(const std::string& name) const {
    const auto found = shapes_.find(name);
    return found == shapes_.end() ? nullptr : &found->second;
  }
  static bool is_matrix(const std::vector<Index>* shape) { return shape && shape->size() == 2; }
  Index count(std::string_view prefix) const {
    return std::ranges::count_if(
        shapes_, [&](const auto& entry) { return entry.first.starts_with(prefix); });
  }

  const std::map<std::string, std::vector<Index>>& shapes_;
  std::map<std::string, Index> sizes_;
};

}  // namespace

ReferenceCheckpoint::ReferenceCheckpoint(const fs::path& path) : path_(path), source_(open(path)) {
  std::string unknown;  // the first
  for (const auto& [stored, info] : source_->tensors()) {
    const auto own = own_name(stored);
    if (!own) {
      if (unknown.empty() && !is_passed_over(stored)) unknown = stored;
      continue;
    }
    const auto [entry, is_new] = stored_names_.emplace(*own, stored);
    require(is_new, path.string(), ": holds '", *own, "' twice, as '", entry->second, "' and as '",
            stored, "'");
    shapes_[*own] = info.shape;
  }
  const auto& tensors = source_->tensors();
  require(
      !shapes_.empty(), path.string(), ": ", tensors.size(), " tensors",
      tensors.empty() ? "" : " such as '" + tensors.begin()->first + "'",
      ", but no learned prompt: expected 'prompt_learner.ctx', 'ctx' or 'image_encoder.VPT', as "
      "checkpoints of CoOp, CoCoOp, MaPLe, IVLP, VPT and PromptSRC have them");
  require(unknown.empty(), path.string(), ": holds '", unknown,
          "', which no method here learns; without it the prompt would be another");
}

MethodConfig ReferenceCheckpoint::fitted(MethodConfig method) const {
  std::visit(
      [&]<typename Config>(Config& config) {
        config.visit_fields(SizeVisitor(shapes_));
        if constexpr (StartsFromWords<Config>) {
          if (!words_fit(config)) config.ctx_init.clear();
        }
      },
      method);
  return method;
}

ParameterMap ReferenceCheckpoint::read(std::span<const ParameterSpec> parameters) const {
  require_known(parameters);
  ParameterMap values;
  for (const ParameterSpec& parameter : parameters) values[parameter.name] = read(parameter);
  return values;
}

// Passing over what was learned would change what the prompt does.
void ReferenceCheckpoint::require_known(std::span<const ParameterSpec> parameters) const {
  for (const auto& [name, stored] : stored_names_) {
    require(std::ranges::find(parameters, name, &ParameterSpec::name) != parameters.end(),
            path_.string(), ": holds '", stored, "', which the method ",
            "with these settings does not learn: of another method or depth?");
  }
}

Matrix ReferenceCheckpoint::read(const ParameterSpec& parameter) const {
  const auto found = stored_names_.find(parameter.name);
  require(found != stored_names_.end(), path_.string(), ": no '",
          reference_name(parameter.name).value_or(parameter.name),
          "', which the method with these settings learns: of another method or depth?");
  const std::string where = path_.string() + ": '" + found->second + "' ";
  const TensorInfo& info = source_->tensors().at(found->second);
  require(has_shape(info.shape, parameter), where, "is ", shape_text(info.shape), ", expected ",
          shape_text({{parameter.rows, parameter.cols}}));
  require(is_floating(info.type), where, "holds ", element_name(info.type),
          " numbers, expected floating point");
  TensorView tensor = source_->read(found->second);
  tensor.shape = {parameter.rows, parameter.cols};
  Matrix values = to_matrix(tensor);
  require(all_finite(values), where, "holds a NaN or infinite value");
  return values;
}

}  // namespace qprompt
