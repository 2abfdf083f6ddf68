#include "qprompt/clip/rounds.h"

#include <algorithm>

namespace qprompt {

std::vector<Part> cut_into_chunks(std::span<const Index> begin, Index capacity, Index at_once) {
  const Index length = begin.back();
  // Counted from the end.
  const auto chunk_of = [&](Index item) {
    const Index twice_to_end = 2 * length - (begin[item] + begin[item + 1]);
    const Index round = twice_to_end / (2 * capacity);
    const Index in_round = std::min(capacity, length - round * capacity);
    return round * at_once + (twice_to_end - 2 * round * capacity) * at_once / (2 * in_round);
  };
  std::vector<Part> chunks;
  for (Index item = 0; item + 1 < std::ssize(begin); ++item) {
    if (item == 0 || chunk_of(item) != chunk_of(item - 1)) chunks.push_back({item, 0});
    ++chunks.back().count;
  }
  return chunks;
}

void Rounds::each_chunk(const kernels::Device& device, Index round, const PullBack& work) const {
  const Index end = chunks - (count() - 1 - round) * at_once;
  const Index first = std::max<Index>(0, end - at_once);
  if (at_once == 1) return work(first, 0);
  device.each_alone(end - first, [&](Index slot, int) { work(first + slot, slot); });
}

void Rounds::forward(const kernels::Device& device, Keep keep, std::uint64_t& workspace_runs,
                     const Run& run) {
  ++workspace_runs;
  for (Index round = 0; round < count(); ++round) {
    const Keep now = round + 1 == count() ? keep : Keep::kNothing;
    each_chunk(device, round, [&](Index chunk, Index slot) { run(chunk, slot, now); });
  }
  if (keep == Keep::kNothing) return;
  resident_round_ = count() - 1;
  resident_run_ = workspace_runs;
}

void Rounds::pull_back(const kernels::Device& device, std::uint64_t& workspace_runs, const Run& run,
                       const PullBack& pull_back) {
  for (Index round = count() - 1; round >= 0; --round) {
    const bool resident = round == resident_round_ && workspace_runs == resident_run_;
    if (!resident) ++workspace_runs;
    each_chunk(device, round, [&](Index chunk, Index slot) {
      if (!resident) run(chunk, slot, Keep::kForPullBack);
      pull_back(chunk, slot);
    });
    resident_round_ = round;
    resident_run_ = workspace_runs;
  }
}

}  // namespace qprompt
