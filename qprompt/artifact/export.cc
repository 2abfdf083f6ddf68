#include "qprompt/artifact/export.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "qprompt/artifact/reference_names.h"
#include "qprompt/core/error.h"
#include "qprompt/formats/npy.h"
#include "qprompt/formats/safetensors.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLearner = "prompt_learner.";

std::map<std::string, std::string> reference_names(const ParameterMap& values) {
  std::map<std::string, std::string> names;
  for (const auto& [own, matrix] : values) {
    const auto reference = reference_name(own);
    require(reference.has_value(), "export: the reference has no matrix '", own, "'");
    names[own] = *reference;
  }
  return names;
}

// CoOp and CoCoOp save their prompt learner, the others the whole model that it is a part of.
bool is_prompt_learner(const ParameterMap& values) {
  return std::ranges::all_of(values, [](const auto& entry) {
    return entry.first == "ctx" || entry.first.starts_with("meta_net.");
  });
}

std::vector<Index> reference_shape(const std::string& own, const Matrix& matrix, Index classes) {
  if (own.ends_with(".bias")) return {matrix.size()};
  if (own != "ctx" || classes == 0) return {matrix.rows(), matrix.cols()};
  require(classes > 0 && matrix.rows() % classes == 0, "export: ", matrix.rows(),
          " rows of 'ctx' for ", classes, " classes");
  return {classes, matrix.rows() / classes, matrix.cols()};
}

}  // namespace

void export_learned_values(const ParameterMap& values, Index classes, const fs::path& path) {
  const std::size_t skipped = is_prompt_learner(values) ? kLearner.size() : 0;
  std::map<std::string, TensorView> tensors;
  for (const auto& [own, reference] : reference_names(values)) {
    const Matrix& matrix = values.at(own);
    tensors[reference.substr(skipped)] = {.type = ElementType::kFloat32,
                                          .shape = reference_shape(own, matrix, classes),
                                          .bytes = std::as_bytes(values_of(matrix))};
  }
  write_tensors(path, tensors, {{"format", "pt"}});
}

void export_class_matrix(const Matrix& class_matrix, const std::vector<std::string>& class_names,
                         const fs::path& path) {
  require(class_matrix.rows() == std::ssize(class_names), "export: ", class_matrix.rows(),
          " rows of the class matrix for ", class_names.size(), " class names");
  if (path.extension() == ".npy") {
    write_npy(path, class_matrix);
  } else {
    require(path.extension() == ".safetensors", path.string(), ": extension '",
            path.extension().string(), "', expected .npy or .safetensors");
    write_safetensors(path, {{"class_matrix", class_matrix}},
                      {{"classnames", nlohmann::json(class_names).dump()}});
  }
}

}  // namespace qprompt
