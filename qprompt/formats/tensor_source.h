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

// The tensors of one checkpoint, in whatever files they lie.
class TensorSource {
 public:
  TensorSource() = default;
  TensorSource(const TensorSource&) = delete;
  TensorSource& operator=(const TensorSource&) = delete;
  virtual ~TensorSource() = default;

  const std::map<std::string, TensorInfo>& tensors() const { return tensors_; }
  bool contains(const std::string& name) const { return tensors_.find(name) != tensors_.end(); }

  virtual TensorView read(const std::string& name) const = 0;
  virtual void drop_pages() const = 0;

 protected:
  std::map<std::string, TensorInfo> tensors_;
};

// One safetensors file, or the shards that a model.safetensors.index.json names.
std::unique_ptr<TensorSource> open_safetensors(const std::filesystem::path& path);

// A PyTorch archive. Where training scripts put the weights into a larger dict or wrapped the
// model, the leading "state_dict." and "module." are removed.
class TorchArchive;
std::unique_ptr<TensorSource> open_torch_archive(const TorchArchive& archive);

}  // namespace qprompt
