#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "qprompt/clip/transformer.h"
#include "qprompt/core/ranks.h"
#include "qprompt/kernels/device.h"

namespace qprompt {

// Items of which number i has the rows [begin[i], begin[i + 1]), cut for a pass that works through
// `capacity` rows at a time: into rounds, which are counted from the end (the first one gets what
// is left over), and each of these into `at_once` chunks, as nearly equal as may be. An item is in
// the chunk that its middle lies in.
std::vector<Part> cut_into_chunks(std::span<const Index> begin, Index capacity, Index at_once);

// The chunks of a pass, worked through in rounds: `at_once` of them side by side, each on one of
// the device's threads alone; or one after another, on all threads together. A pass that fits into
// memory is a single round. Of more, the last one's activations stay, and rounds come in reverse on
// the way back: activations of the earlier ones are computed again.
class Rounds {
 public:
  // `slot`: which of the chunks side by side this is, 0 .. at_once - 1.
  using Run = std::function<void(Index chunk, Index slot, Keep keep)>;
  using PullBack = std::function<void(Index chunk, Index slot)>;

  // On the device's thread. `workspace_runs` counts what was worked through in the workspace that
  // the chunks run in.
  void forward(const kernels::Device& device, Keep keep, std::uint64_t& workspace_runs,
               const Run& run);
  void pull_back(const kernels::Device& device, std::uint64_t& workspace_runs, const Run& run,
                 const PullBack& pull_back);

  Index chunks = 0, at_once = 1;

 private:
  Index count() const { return (chunks + at_once - 1) / at_once; }
  void each_chunk(const kernels::Device& device, Index round, const PullBack& work) const;

  // Whose activations the workspace holds, and since which of its runs.
  Index resident_round_ = -1;
  std::uint64_t resident_run_ = 0;
};

}  // namespace qprompt
