#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qprompt/core/matrix.h"

namespace qprompt {

enum class ElementType {
  kFloat32,
  kFloat16,
  kBfloat16,
  kFloat64,
  kInt64,
  kInt32,
  kUint8,
  kInt16,
  kInt8,
  kBool
};
std::size_t element_size(ElementType type);
std::string element_name(ElementType type);  // "float32"
bool is_floating(ElementType type);

// A dense row-major tensor that lives in somebody else's memory (a memory map, an archive), or in
// memory that `owner` keeps alive.
struct TensorView {
  ElementType type = ElementType::kFloat32;
  std::vector<Index> shape;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner = nullptr;

  Index size() const;  // number of elements
};

// The number of elements, or nothing when a dimension is negative or the product is above 2^62.
std::optional<Index> checked_size(std::span<const Index> shape);

std::string shape_text(std::span<const Index> shape);  // "[77, 512]"

// Floating-point values as float; the tensor as [shape[0], the rest], a scalar or vector as one
// row. Throws Error for integer tensors.
Matrix to_matrix(const TensorView& tensor);

// Floating-point values as float, some thousands at a time, in their order.
using VisitBlock = std::function<void(std::span<const float>)>;
void for_each_block(const TensorView& tensor, const VisitBlock& visit);
// The same into `values`, as many as the tensor has; each block is visited while the cache holds
// it.
void read_values(const TensorView& tensor, std::span<float> values, const VisitBlock& visit);

// `count` rows of a tensor of two or more dimensions, from row `first`.
TensorView rows_of(const TensorView& tensor, Index first, Index count);

}  // namespace qprompt
