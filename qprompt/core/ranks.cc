#include "qprompt/core/ranks.h"

#include <algorithm>
#include <numeric>

namespace qprompt {
namespace {

template <typename Value>
Value broadcast_value(const Ranks& ranks, Value value, int root) {
  ranks.broadcast(std::as_writable_bytes(std::span(&value, 1)), root);
  return value;
}

}  // namespace

Part part_of(const Ranks& ranks, Index count) {
  const Index first = count * ranks.rank() / ranks.size();
  return {first, count * (ranks.rank() + 1) / ranks.size() - first};
}

std::vector<std::string> gather(const Ranks& ranks, const std::string& own) {
  std::vector<std::string> all(static_cast<std::size_t>(ranks.size()));
  all[static_cast<std::size_t>(ranks.rank())] = own;
  for (int root = 0; root < ranks.size(); ++root) {
    std::string& text = all[static_cast<std::size_t>(root)];
    text.resize(broadcast_value(ranks, text.size(), root));
    ranks.broadcast(std::as_writable_bytes(std::span(text)), root);
  }
  return all;
}

Matrix gather_rows(const Ranks& ranks, const Matrix& own) {
  std::vector<Index> rows;
  rows.reserve(static_cast<std::size_t>(ranks.size()));
  for (int root = 0; root < ranks.size(); ++root) {
    rows.push_back(broadcast_value(ranks, own.rows(), root));
  }
  Matrix all(std::reduce(rows.begin(), rows.end()), own.cols());
  Index first = 0;
  for (int root = 0; root < ranks.size(); ++root) {
    const Index count = rows[static_cast<std::size_t>(root)];
    if (root == ranks.rank()) all.middleRows(first, count) = own;
    const std::span part = values_of(all).subspan(static_cast<std::size_t>(first * all.cols()),
                                                  static_cast<std::size_t>(count * all.cols()));
    ranks.broadcast(std::as_writable_bytes(part), root);
    first += count;
  }
  return all;
}

void sum(const Ranks& ranks, ParameterMap& values) {
  if (ranks.size() == 1) return;
  std::vector<float> packed;  // one message instead of one for each matrix
  for (const auto& [name, matrix] : values) {
    packed.insert(packed.end(), values_of(matrix).begin(), values_of(matrix).end());
  }
  ranks.sum(packed);
  auto next = packed.cbegin();
  for (auto& [name, matrix] : values) {
    std::copy_n(next, matrix.size(), values_of(matrix).begin());
    next += matrix.size();
  }
}

bool any(const Ranks& ranks, bool here) {
  float count = here ? 1 : 0;
  ranks.sum(std::span(&count, 1));
  return count > 0;
}

bool agree(const Ranks& ranks, std::uint64_t number) {
  return !any(ranks, broadcast_value(ranks, number, 0) != number);
}

}  // namespace qprompt
