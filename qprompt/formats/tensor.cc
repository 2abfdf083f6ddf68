#include "qprompt/formats/tensor.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "qprompt/core/error.h"
#include "qprompt/core/half.h"

namespace qprompt {
namespace {

struct ElementTraits {
  std::size_t size;
  const char* name;
  bool floating;
};

const ElementTraits& traits_of(ElementType type) {
  static constexpr std::array<ElementTraits, 10> kTraits{{{4, "float32", true},
                                                          {2, "float16", true},
                                                          {2, "bfloat16", true},
                                                          {8, "float64", true},
                                                          {8, "int64", false},
                                                          {4, "int32", false},
                                                          {1, "uint8", false},
                                                          {2, "int16", false},
                                                          {1, "int8", false},
                                                          {1, "bool", false}}};
  return kTraits.at(static_cast<std::size_t>(type));
}

float to_float(float value) { return value; }
float to_float(double value) { return static_cast<float>(value); }

struct Half {
  std::uint16_t bits;
};
struct Bfloat {
  std::uint16_t bits;
};

float to_float(Bfloat value) { return std::bit_cast<float>(std::uint32_t{value.bits} << 16); }
float to_float(Half value) { return half_value(value.bits); }

constexpr std::size_t kBlock = 4096;

// `to`: a block or less of elements. The bytes of a file need not be aligned: elements are copied
// out. Loops of fixed length are vectorised.
template <typename Element>
void convert_block(const std::byte* bytes, std::span<float> to) {
  std::array<Element, kBlock> block;
  std::memcpy(block.data(), bytes, to.size() * sizeof(Element));
  if (to.size() == kBlock) {
    for (std::size_t i = 0; i < kBlock; ++i) to[i] = to_float(block[i]);
  } else {
    std::transform(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(to.size()),
                   to.begin(), [](Element element) { return to_float(element); });
  }
}

// place(first, count): where the elements [first, first + count) go.
template <typename Element, typename Place, typename Visit>
void convert_blocks(std::span<const std::byte> bytes, const Place& place, const Visit& visit) {
  const std::size_t size = bytes.size() / sizeof(Element);
  for (std::size_t first = 0; first < size; first += kBlock) {
    const std::span<float> to = place(first, std::min(kBlock, size - first));
    convert_block<Element>(bytes.data() + first * sizeof(Element), to);
    visit(std::span<const float>(to));
  }
}

}  // namespace

std::size_t element_size(ElementType type) { return traits_of(type).size; }
std::string element_name(ElementType type) { return traits_of(type).name; }
bool is_floating(ElementType type) { return traits_of(type).floating; }

Index TensorView::size() const {
  const std::optional<Index> count = checked_size(shape);
  require(count.has_value(), "tensor: impossible shape ", shape_text(shape));
  return *count;
}

std::optional<Index> checked_size(std::span<const Index> shape) {
  Index size = 1;
  for (const Index dimension : shape) {
    if (dimension < 0 || __builtin_mul_overflow(size, dimension, &size)) return std::nullopt;
  }
  if (size > Index{1} << 62) return std::nullopt;
  return size;
}

std::string shape_text(std::span<const Index> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i ? ", " : "") + std::to_string(shape[i]);
  }
  return text + "]";
}

namespace {

// Before anything is allocated for it.
void require_whole(const TensorView& tensor) {
  const auto elements = static_cast<std::size_t>(tensor.size());
  require(tensor.bytes.size() / element_size(tensor.type) == elements,
          "tensor: ", tensor.bytes.size(), " bytes for shape ", shape_text(tensor.shape));
}

}  // namespace

namespace {

template <typename Place>
void convert_tensor(const TensorView& tensor, const Place& place, const VisitBlock& visit) {
  switch (tensor.type) {
    case ElementType::kFloat32:
      return convert_blocks<float>(tensor.bytes, place, visit);
    case ElementType::kFloat16:
      return convert_blocks<Half>(tensor.bytes, place, visit);
    case ElementType::kBfloat16:
      return convert_blocks<Bfloat>(tensor.bytes, place, visit);
    case ElementType::kFloat64:
      return convert_blocks<double>(tensor.bytes, place, visit);
    default:
      fail("tensor: ", element_name(tensor.type), " values, expected floating point");
  }
}

}  // namespace

void for_each_block(const TensorView& tensor, const VisitBlock& visit) {
  require_whole(tensor);
  std::array<float, kBlock> block;
  const auto in_block = [&](std::size_t, std::size_t count) {
    return std::span(block).first(count);
  };
  convert_tensor(tensor, in_block, visit);
}

void read_values(const TensorView& tensor, std::span<float> values, const VisitBlock& visit) {
  require_whole(tensor);
  require(static_cast<std::size_t>(tensor.size()) == values.size(),
          "tensor: ", shape_text(tensor.shape), " for ", values.size(), " values");
  const auto in_values = [&](std::size_t first, std::size_t count) {
    return values.subspan(first, count);
  };
  convert_tensor(tensor, in_values, visit);
}

Matrix to_matrix(const TensorView& tensor) {
  require_whole(tensor);
  const Index rows = tensor.shape.size() < 2 ? 1 : tensor.shape[0];
  Matrix matrix(rows, rows == 0 ? 0 : tensor.size() / rows);
  read_values(tensor, values_of(matrix), [](std::span<const float>) {});
  return matrix;
}

TensorView rows_of(const TensorView& tensor, Index first, Index count) {
  require(tensor.shape.size() >= 2, "rows_of: shape ", shape_text(tensor.shape),
          ", expected two or more dimensions");
  require(first >= 0 && count >= 0 && first <= tensor.shape[0] - count, "rows_of: rows ", first,
          " to ", first + count, " of ", tensor.shape[0]);
  TensorView rows = tensor;
  const std::size_t row_bytes = tensor.shape[0] == 0 ? 0 : tensor.bytes.size() / tensor.shape[0];
  rows.shape[0] = count;
  rows.bytes = tensor.bytes.subspan(first * row_bytes, count * row_bytes);
  return rows;
}

}  // namespace qprompt
