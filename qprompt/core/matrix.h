#pragma once

#include <Eigen/Core>
#include <map>
#include <span>
#include <string>

namespace qprompt {

using Index = Eigen::Index;

// Row-major, so that a row is one token, one image or one class.
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXf;

// What a method learns, by name. Ordered, so that every walk over it is reproducible.
using ParameterMap = std::map<std::string, Matrix>;

inline std::span<const float> values_of(const Matrix& m) {
  return {m.data(), static_cast<std::size_t>(m.size())};
}
inline std::span<float> values_of(Matrix& m) {
  return {m.data(), static_cast<std::size_t>(m.size())};
}

}  // namespace qprompt
