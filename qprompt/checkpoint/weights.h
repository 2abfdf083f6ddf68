#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "qprompt/checkpoint/layout.h"
#include "qprompt/core/matrix.h"
#include "qprompt/formats/tensor_source.h"

namespace qprompt {

// A checkpoint's weights by their canonical names and in their canonical orientation, float32.
// Every Error names the file, the tensor as stored, and the shapes.
class Weights {
 public:
  // `origin`: the file or folder, for tensors that are missing everywhere.
  Weights(std::shared_ptr<const TensorSource> source, Naming naming, std::filesystem::path origin)
      : source_(std::move(source)), naming_(naming), origin_(std::move(origin)) {}

  const TensorSource& source() const { return *source_; }
  const std::filesystem::path& origin() const { return origin_; }
  bool contains(const std::string& canonical) const;

  // The stored shape; Error when the tensor is missing. For names that are one tensor.
  std::vector<Index> shape(const std::string& canonical) const;

  // Throws Error unless the tensor is there, floating-point, and of this shape.
  void check(const std::string& canonical, const std::vector<Index>& shape) const;

  // Throws Error naming the first stored tensor that is neither one of these nor harmless.
  void require_all_known(std::span<const std::string> canonical) const;

  // The tensor as [shape[0], the rest], a vector as one row. Refuses NaN and infinity.
  Matrix matrix(const std::string& canonical, const std::vector<Index>& shape) const;

  // hash64() of the bytes of matrix(): values alone count, not how the file holds them.
  std::uint64_t hash(const std::string& canonical, const std::vector<Index>& shape) const;

  // Some rows of a tensor of two dimensions.
  Matrix rows(const std::string& canonical, const std::vector<Index>& shape,
              std::span<const int> rows) const;

 private:
  const TensorInfo& info(const std::string& stored) const;
  std::vector<Index> stored_shape(const WeightLocation& location, std::vector<Index> shape) const;
  void read(const std::string& stored, std::span<float> values) const;
  void require_finite(std::span<const float> values, const std::string& stored) const;

  std::shared_ptr<const TensorSource> source_;
  Naming naming_;
  std::filesystem::path origin_;
};

}  // namespace qprompt
