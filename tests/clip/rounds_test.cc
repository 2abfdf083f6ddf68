#include "qprompt/clip/rounds.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace qprompt {
namespace {

// The sizes of the chunks of items with these rows each.
std::vector<Index> sizes(const std::vector<Index>& rows, Index capacity, Index at_once) {
  std::vector<Index> begin{0}, sizes;
  for (const Index count : rows) begin.push_back(begin.back() + count);
  Index next = 0;
  for (const Part& chunk : cut_into_chunks(begin, capacity, at_once)) {
    EXPECT_EQ(chunk.first, next);
    next += chunk.count;
    sizes.push_back(chunk.count);
  }
  EXPECT_EQ(next, std::ssize(rows));
  return sizes;
}

std::vector<Index> sizes(Index items, Index capacity, Index at_once) {
  return sizes(std::vector<Index>(static_cast<std::size_t>(items), 1), capacity, at_once);
}

TEST(CutIntoChunks, WhatFitsIsOneRoundInEqualPieces) {
  EXPECT_EQ(sizes(8, 8, 1), (std::vector<Index>{8}));
  EXPECT_EQ(sizes(8, 100, 2), (std::vector<Index>{4, 4}));
  EXPECT_EQ(sizes(9, 9, 3), (std::vector<Index>{3, 3, 3}));
}

TEST(CutIntoChunks, TheLastRoundIsFullAndTheFirstHasTheRest) {
  EXPECT_EQ(sizes(10, 4, 1), (std::vector<Index>{2, 4, 4}));
  EXPECT_EQ(sizes(10, 6, 2), (std::vector<Index>{2, 2, 3, 3}));
}

TEST(CutIntoChunks, AnItemLongerThanAPieceLiesInOne) {
  EXPECT_EQ(sizes({6, 6}, 2, 2), (std::vector<Index>{1, 1}));
}

TEST(CutIntoChunks, NothingIsNoChunk) { EXPECT_EQ(sizes(0, 4, 2), std::vector<Index>{}); }

// What chunks ran, and which of them were pulled back, as "run 0", "keep 1", "back 1".
std::vector<std::string> told(Rounds& rounds, const kernels::Device& device,
                              std::uint64_t& workspace_runs) {
  std::vector<std::string> told;
  const auto run = [&](Index chunk, Index, Keep keep) {
    told.push_back((keep == Keep::kNothing ? "run " : "keep ") + std::to_string(chunk));
  };
  rounds.forward(device, Keep::kForPullBack, workspace_runs, run);
  rounds.pull_back(device, workspace_runs, run,
                   [&](Index chunk, Index) { told.push_back("back " + std::to_string(chunk)); });
  return told;
}

TEST(Rounds, OnlyWhatIsNotInMemoryIsComputedAgain) {
  const kernels::Device device;
  std::uint64_t workspace_runs = 0;
  Rounds one, three;
  one.chunks = 1;
  three.chunks = 3;
  EXPECT_EQ(told(one, device, workspace_runs), (std::vector<std::string>{"keep 0", "back 0"}));
  EXPECT_EQ(told(three, device, workspace_runs),
            (std::vector<std::string>{"run 0", "run 1", "keep 2", "back 2", "keep 1", "back 1",
                                      "keep 0", "back 0"}));
}

TEST(Rounds, AnotherPassInTheWorkspaceMakesAllOfItAgain) {
  const kernels::Device device;
  std::uint64_t workspace_runs = 0;
  Rounds rounds;
  rounds.chunks = 1;
  int runs = 0, backs = 0;
  const auto run = [&](Index, Index, Keep) { ++runs; };
  const auto back = [&](Index, Index) { ++backs; };
  rounds.forward(device, Keep::kForPullBack, workspace_runs, run);
  rounds.pull_back(device, workspace_runs, run, back);
  EXPECT_EQ(runs, 1);
  ++workspace_runs;
  rounds.pull_back(device, workspace_runs, run, back);
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(backs, 2);
}

}  // namespace
}  // namespace qprompt
