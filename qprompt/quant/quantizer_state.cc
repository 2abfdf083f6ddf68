#include "qprompt/quant/quantizer_state.h"

#include <algorithm>
#include <sstream>
#include <string_view>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

constexpr std::string_view kPrefix = "quantizer.";
constexpr Index kStatistics = 2;  // mean and standard deviation stand before the centroids

Matrix float_row(const MatrixState& state) {
  Matrix row(1, kStatistics + static_cast<Index>(state.centroids.size()));
  row(0, 0) = state.statistics.mean;
  row(0, 1) = state.statistics.standard_deviation;
  std::ranges::copy(state.centroids, values_of(row).begin() + kStatistics);
  return row;
}

std::string integer_line(const MatrixState& state) {
  std::ostringstream line;
  line << state.last_clustering << ' ' << state.clusterings;
  for (const std::int64_t count : state.histogram) line << ' ' << count;
  return line.str();
}

MatrixState parse(const std::string& key, const Matrix& row, const std::string& line) {
  require(row.size() > kStatistics, "quantizer state '", key, "': ", row.size(),
          " values, expected mean, deviation and centroids");
  const auto floats = values_of(row);
  MatrixState state{.centroids = {floats.begin() + kStatistics, floats.end()},
                    .statistics = {floats[0], floats[1]}};
  std::istringstream integers(line);
  integers >> state.last_clustering >> state.clusterings;
  require(!integers.fail(), "quantizer state '", key, "': '", line, "', expected integers");
  for (std::int64_t count = 0; integers >> count;) state.histogram.push_back(count);
  require(integers.eof() && state.histogram.size() == state.centroids.size(), "quantizer state '",
          key, "': ", state.histogram.size(), " counts for ", state.centroids.size(), " centroids");
  return state;
}

}  // namespace

void store_state(const QuantizerState& state, ParameterMap& tensors,
                 std::map<std::string, std::string>& metadata) {
  for (const auto& [name, matrix] : state.matrices) {
    const std::string key = std::string(kPrefix) + name;
    tensors[key] = float_row(matrix);
    metadata[key] = integer_line(matrix);
  }
}

QuantizerState load_state(const ParameterMap& tensors,
                          const std::map<std::string, std::string>& metadata) {
  QuantizerState state;
  for (const auto& [key, row] : tensors) {
    if (!key.starts_with(kPrefix)) continue;
    const auto line = metadata.find(key);
    require(line != metadata.end(), "quantizer state '", key, "': its metadata is missing");
    state.matrices[key.substr(kPrefix.size())] = parse(key, row, line->second);
  }
  return state;
}

}  // namespace qprompt
