#pragma once

#include <algorithm>
#include <barrier>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "qprompt/core/ranks.h"

namespace qprompt::testing {

// What ranks that are threads of one process share.
struct RankGroup {
  explicit RankGroup(int size)
      : barrier(size), bytes(size), values(size), sums(static_cast<std::size_t>(size)) {}

  std::barrier<> barrier;
  std::vector<std::span<std::byte>> bytes;
  std::vector<std::span<float>> values;
  std::vector<std::vector<float>> sums;
};

class ThreadRank : public Ranks {
 public:
  ThreadRank(std::shared_ptr<RankGroup> group, int rank) : group_(std::move(group)), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(group_->bytes.size()); }

  void sum(std::span<float> values) const override {
    group_->values[rank_] = values;
    group_->barrier.arrive_and_wait();
    std::vector<float>& total = group_->sums[rank_];
    total.assign(values.size(), 0);
    for (const std::span<float> part : group_->values) {
      for (std::size_t i = 0; i < std::min(part.size(), total.size()); ++i) total[i] += part[i];
    }
    group_->barrier.arrive_and_wait();
    std::ranges::copy(total, values.begin());
  }

  void broadcast(std::span<std::byte> bytes, int root) const override {
    group_->bytes[rank_] = bytes;
    group_->barrier.arrive_and_wait();
    const std::span<std::byte> from = group_->bytes[root];
    if (root != rank_)
      std::copy_n(from.begin(), std::min(from.size(), bytes.size()), bytes.begin());
    group_->barrier.arrive_and_wait();
  }

 private:
  std::shared_ptr<RankGroup> group_;
  int rank_;
};

// work(std::shared_ptr<Ranks>) on `size` threads; what it gives, by rank. An exception of one rank
// is thrown again once all have ended.
template <typename Work>
auto on_ranks(int size, const Work& work) {
  using Result = decltype(work(std::shared_ptr<Ranks>()));
  const auto group = std::make_shared<RankGroup>(size);
  std::vector<std::optional<Result>> results(size);
  std::vector<std::exception_ptr> errors(size);
  {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < size; ++rank) {
      threads.emplace_back([&, rank] {
        try {
          results[rank] = work(std::make_shared<ThreadRank>(group, rank));
        } catch (...) {
          errors[rank] = std::current_exception();
          group->barrier.arrive_and_drop();
        }
      });
    }
  }
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
  std::vector<Result> all;
  for (std::optional<Result>& result : results) all.push_back(std::move(*result));
  return all;
}

}  // namespace qprompt::testing
