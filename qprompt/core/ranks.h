#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "qprompt/core/matrix.h"

namespace qprompt {

// Consecutive entries of a list.
struct Part {
  Index first = 0, count = 0;
};

// Processes that work side by side on one run, each on a part of its classes and images, and come
// to the same numbers; this class itself is a process alone. Calls are collective: all ranks make
// the same ones in the same order, one at a time. Of several ranks at work on one model, an Error
// on one leaves the others waiting: whoever started them ends them.
class Ranks {
 public:
  Ranks() = default;
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;
  virtual ~Ranks() = default;

  virtual int rank() const { return 0; }  // 0 .. size() - 1
  virtual int size() const { return 1; }
  bool is_root() const { return rank() == 0; }  // who writes files and talks

  // Every value becomes the sum of the ranks' values, with the same bytes on all of them.
  virtual void sum(std::span<float> values) const { static_cast<void>(values); }
  // The bytes become those that rank `root` has.
  virtual void broadcast(std::span<std::byte> bytes, int root) const {
    static_cast<void>(bytes), static_cast<void>(root);
  }
};

// The entries of a list of `count` that fall to this rank: parts differ by at most one entry, and
// are empty where there are more ranks than entries.
Part part_of(const Ranks& ranks, Index count);

// What all ranks have, by rank.
std::vector<std::string> gather(const Ranks& ranks, const std::string& own);
// The same of matrices' rows, one below the other.
Matrix gather_rows(const Ranks& ranks, const Matrix& own);

// Sums matrices of the same names and shapes on all ranks.
void sum(const Ranks& ranks, ParameterMap& values);

// Whether it is so on any rank.
bool any(const Ranks& ranks, bool here);
// Whether all ranks have the same number.
bool agree(const Ranks& ranks, std::uint64_t number);

// A matrix of `count` rows of which every rank makes its part, rows(Part).
template <typename Rows>
Matrix split_rows(const Ranks& ranks, Index count, const Rows& rows) {
  if (ranks.size() == 1) return rows(Part{0, count});
  return gather_rows(ranks, rows(part_of(ranks, count)));
}

}  // namespace qprompt
