#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "qprompt/formats/tensor.h"

namespace qprompt {

// A file that PyTorch wrote (torch.save since 1.6, of a dict or a whole module, or a TorchScript
// archive): its tensors, found in nested dicts and modules and named by their dotted path
// ("state_dict.prompt_learner.ctx", "visual.proj"). Everything else in it (optimisers, schedulers)
// is passed over, never executed.
class TorchArchive {
 public:
  struct Tensor {
    ElementType type = ElementType::kFloat32;
    std::vector<Index> shape, strides;  // in elements
    Index offset = 0;                   // of the first element in the storage
    std::string storage;                // the archive's entry
  };

  // Throws Error naming the file for what is no such archive, damaged or hostile.
  explicit TorchArchive(const std::filesystem::path& path);

  const std::filesystem::path& path() const;
  bool is_torch_script() const;
  const std::map<std::string, Tensor>& tensors() const;

  // Reads a tensor; its memory lives as long as the view. Error names the file and the tensor.
  TensorView at(const std::string& name) const;

  // Frees what is kept between reads.
  void drop_pages() const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

// True for the first bytes of a zip archive.
bool looks_like_zip(std::span<const std::byte> bytes);

}  // namespace qprompt
