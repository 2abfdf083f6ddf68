#include "tests/train/golden_training.h"

#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "qprompt/core/fields.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

constexpr char kModel[] = "reference/checkpoints/hf";

// A set that holds a text tower only has no pixels, but the published features of its images: what
// methods that prompt texts alone take.
ImageBatch batch_of(const Model& model, const Safetensors& file) {
  if (!file.tensors().contains("images")) {
    return {UnitRows(to_matrix(file.at("zs.image_features"))).unit, {}};
  }
  Matrix pixels = to_matrix(file.at("images"));
  ImageWorkspace workspace(model.device());
  Matrix unit = UnitRows(model.image_tower()->forward(pixels, {}, workspace)).unit;
  return {std::move(unit), std::move(pixels)};
}

}  // namespace

MethodConfig config_of_case(const std::string& name, const ReferenceCheckpoint& checkpoint) {
  const auto method = enum_from_name<MethodTag>(name.substr(0, name.find('_')));
  MethodConfig config = checkpoint.fitted(default_config(method));
  if (auto* coop = std::get_if<CoOpConfig>(&config)) {
    coop->ctx_init.clear();  // values are read, and the small vocabulary splits the words
    if (name.ends_with("_middle")) coop->class_token_position = ClassTokenPosition::kMiddle;
    if (name.ends_with("_front")) coop->class_token_position = ClassTokenPosition::kFront;
  }
  return config;
}

GoldenTraining::GoldenTraining(const fs::path& goldens, const std::string& name,
                               kernels::Precision precision)
    : file_(goldens / "reference" / name),
      model(Model::load((goldens / kModel).string(),
                        {{.threads = 1, .precision = precision}, std::nullopt})),
      class_names(nlohmann::json::parse(file_.metadata().at("classnames"))),
      labels(read_labels()),
      images(batch_of(model, file_)) {}

bool GoldenTraining::has_model(const fs::path& goldens) { return fs::exists(goldens / kModel); }

std::vector<std::string> GoldenTraining::cases() const {
  const std::string mark = ".lr";
  std::vector<std::string> found;
  for (const auto& [key, value] : file_.metadata()) {
    if (key.ends_with(mark)) found.push_back(key.substr(0, key.size() - mark.size()));
  }
  EXPECT_FALSE(found.empty()) << "nothing would be compared";
  return found;
}

MethodConfig GoldenTraining::config(const std::string& name) const {
  return config_of_case(name, checkpoint(name + ".init."));
}

ParameterMap GoldenTraining::parameters(const std::string& name, const std::string& stage,
                                        const std::vector<ParameterSpec>& parameters) const {
  return checkpoint(name + "." + stage + ".").read(parameters);
}

double GoldenTraining::learning_rate(const std::string& name) const {
  return std::stod(file_.metadata().at(name + ".lr"));
}

// Importing takes a file: the tensors behind `prefix`, as a checkpoint holds them.
ReferenceCheckpoint GoldenTraining::checkpoint(const std::string& prefix) const {
  std::map<std::string, TensorView> tensors;
  for (const auto& [name, view] : file_.tensors()) {
    if (name.starts_with(prefix)) tensors[name.substr(prefix.size())] = view;
  }
  const fs::path path = folder_ / (prefix + "safetensors");
  write_tensors(path, tensors);
  return ReferenceCheckpoint(path);
}

std::vector<int> GoldenTraining::read_labels() const {
  const auto bytes = file_.at("labels").bytes;
  std::vector<std::int64_t> wide(bytes.size() / sizeof(std::int64_t));
  std::memcpy(wide.data(), bytes.data(), bytes.size());
  return {wide.begin(), wide.end()};
}

}  // namespace qprompt
