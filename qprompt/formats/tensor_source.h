#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "qprompt/formats/tensor.h"

namespace qprompt {

// What a checkpoint says about a tensor before it is read.
struct TensorInfo {
  ElementType type = ElementType::kFloat32;
  std::vector<Index> shape;
  std::filesystem::path file;
};

// The tensors of one checkpoint, in whatever files they lie. Where training scripts wrapped the
// model or put its weights into a larger dict, the leading "state_dict.", "module.", "model." and
// their like are removed, in any order.
class TensorSource {
 public:
  TensorSource() = default;
  TensorSource(const TensorSource&) = delete;
  TensorSource& operator=(const TensorSource&) = delete;
  virtual ~TensorSource() = default;

  const std::map<std::string, TensorInfo>& tensors() const { return tensors_; }
  bool contains(const std::string& name) const { return tensors_.find(name) != tensors_.end(); }

  // As stored, with the wrappers' names.
  const std::string& stored_name(const std::string& name) const { return stored_names_.at(name); }

  virtual TensorView read(const std::string& name) const = 0;
  virtual void drop_pages() const = 0;

 protected:
  // Error where two stored names are one without their wrappers.
  void add(const std::string& stored_name, TensorInfo info);

 private:
  std::map<std::string, TensorInfo> tensors_;
  std::map<std::string, std::string> stored_names_;
};

// One safetensors file, or the shards that a model.safetensors.index.json names.
std::unique_ptr<TensorSource> open_safetensors(const std::filesystem::path& path);

class TorchArchive;
std::unique_ptr<TensorSource> open_torch_archive(const TorchArchive& archive);

}  // namespace qprompt
