#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "qprompt/core/file.h"
#include "qprompt/formats/tensor.h"

namespace qprompt {

// A memory-mapped safetensors file. Every size in the header is checked before it is believed.
class Safetensors {
 public:
  explicit Safetensors(const std::filesystem::path& path);

  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const TensorView& at(const std::string& name) const;  // Error names the file and the tensor
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const MappedFile& file() const { return file_; }

 private:
  MappedFile file_;
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

// Writes a safetensors file of tensors and string metadata, atomically.
void write_tensors(const std::filesystem::path& path,
                   const std::map<std::string, TensorView>& tensors,
                   const std::map<std::string, std::string>& metadata = {});

// The same for matrices, as float32 (or float16). A matrix is stored with its two dimensions.
void write_safetensors(const std::filesystem::path& path, const ParameterMap& tensors,
                       const std::map<std::string, std::string>& metadata = {},
                       ElementType type = ElementType::kFloat32);

}  // namespace qprompt
