#include "qprompt/checkpoint/weights.h"

#include <algorithm>
#include <set>

#include "qprompt/checkpoint/harmless.h"
#include "qprompt/core/error.h"
#include "qprompt/core/finite.h"
#include "qprompt/core/hash.h"

namespace qprompt {

bool Weights::contains(const std::string& canonical) const {
  const auto names = locate_weight(naming_, canonical).names;
  return std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return source_->contains(name); });
}

std::vector<Index> Weights::shape(const std::string& canonical) const {
  const WeightLocation location = locate_weight(naming_, canonical);
  std::vector<Index> shape = info(location.names.front()).shape;
  shape.erase(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(
                                                 std::min(location.leading_ones, shape.size())));
  return shape;
}

const TensorInfo& Weights::info(const std::string& stored) const {
  const auto found = source_->tensors().find(stored);
  require(found != source_->tensors().end(), origin_.string(), ": no tensor '", stored, "'");
  return found->second;
}

// The shape of each of the tensors that make up one canonical weight.
std::vector<Index> Weights::stored_shape(const WeightLocation& location,
                                         std::vector<Index> shape) const {
  if (location.transposed) std::reverse(shape.begin(), shape.end());
  if (!shape.empty()) shape[0] /= static_cast<Index>(location.names.size());
  shape.insert(shape.begin(), location.leading_ones, 1);
  return shape;
}

void Weights::check(const std::string& canonical, const std::vector<Index>& shape) const {
  const WeightLocation location = locate_weight(naming_, canonical);
  const std::vector<Index> expected = stored_shape(location, shape);
  for (const std::string& name : location.names) {
    const TensorInfo& found = info(name);
    require(found.shape == expected || (shape.empty() && found.shape == std::vector<Index>{1}),
            found.file.string(), ": tensor '", name, "' is ", shape_text(found.shape),
            ", expected ", shape_text(expected));
    require(is_floating(found.type), found.file.string(), ": tensor '", name, "' holds ",
            element_name(found.type), " numbers, expected float32, float16 or bfloat16");
  }
}

void Weights::require_all_known(std::span<const std::string> canonical) const {
  std::set<std::string> known;
  for (const std::string& name : canonical) {
    for (std::string& stored : locate_weight(naming_, name).names) known.insert(std::move(stored));
  }
  for (const auto& [name, tensor] : source_->tensors()) {
    require(known.contains(name) || is_harmless_tensor(naming_, name), tensor.file.string(),
            ": tensor '", source_->stored_name(name), "' ", shape_text(tensor.shape),
            " belongs to no CLIP that is known here; without it features would be others");
  }
}

Matrix Weights::matrix(const std::string& canonical, const std::vector<Index>& shape) const {
  check(canonical, shape);
  const WeightLocation location = locate_weight(naming_, canonical);
  const Index rows = shape.size() < 2 ? 1 : shape[0];
  const Index columns = checked_size(shape).value() / rows;
  if (location.transposed) {
    Matrix stored(columns, rows);
    read(location.names.front(), values_of(stored));
    return stored.transpose();
  }
  Matrix values(rows, columns);
  const std::size_t part = values_of(values).size() / location.names.size();
  for (std::size_t i = 0; i < location.names.size(); ++i) {
    read(location.names[i], values_of(values).subspan(i * part, part));
  }
  return values;
}

std::uint64_t Weights::hash(const std::string& canonical, const std::vector<Index>& shape) const {
  const WeightLocation location = locate_weight(naming_, canonical);
  if (location.transposed) {
    return hash64(std::as_bytes(values_of(matrix(canonical, shape))));
  }
  check(canonical, shape);
  StreamHash hash;
  for (const std::string& name : location.names) {
    for_each_block(source_->read(name),
                   [&](std::span<const float> values) { hash.add(std::as_bytes(values)); });
  }
  return hash.hash();
}

Matrix Weights::rows(const std::string& canonical, const std::vector<Index>& shape,
                     std::span<const int> rows) const {
  check(canonical, shape);
  const std::string stored = locate_weight(naming_, canonical).names.front();
  const TensorView tensor = source_->read(stored);
  Matrix result(rows.size(), shape[1]);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    require(rows[i] >= 0 && rows[i] < shape[0], "token ", rows[i], " of a vocabulary of ",
            shape[0]);
    result.row(i) = to_matrix(rows_of(tensor, rows[i], 1));
  }
  require_finite(values_of(result), stored);
  return result;
}

void Weights::read(const std::string& stored, std::span<float> values) const {
  read_values(source_->read(stored), values,
              [&](std::span<const float> block) { require_finite(block, stored); });
}

void Weights::require_finite(std::span<const float> values, const std::string& stored) const {
  require(all_finite(values), info(stored).file.string(), ": tensor '", stored,
          "' holds NaN or infinity");
}

}  // namespace qprompt
