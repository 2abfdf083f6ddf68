#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "qprompt/core/file.h"
#include "qprompt/core/matrix.h"

namespace qprompt {

enum class ElementType { kFloat32, kFloat16, kBfloat16, kFloat64, kInt64, kInt32, kUint8 };
std::size_t element_size(ElementType type);

// A dense row-major tensor that lives in somebody else's memory (a memory map, an archive).
struct TensorView {
  ElementType type = ElementType::kFloat32;
  std::vector<Index> shape;
  std::span<const std::byte> bytes;

  Index size() const;  // number of elements
};

// Floating-point values as float; the tensor as [shape[0], the rest], a scalar or vector as one row.
// Throws Error for integer tensors.
Matrix to_matrix(const TensorView& tensor);

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

// Writes float32 (or float16) tensors and string metadata, atomically. A matrix is stored with its
// two dimensions.
void write_safetensors(const std::filesystem::path& path, const ParameterMap& tensors,
                       const std::map<std::string, std::string>& metadata = {},
                       ElementType type = ElementType::kFloat32);

}  // namespace qprompt
