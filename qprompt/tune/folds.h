#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "qprompt/core/matrix.h"
#include "qprompt/tune/goal.h"

namespace qprompt {

// One way to part the classes and images at hand: what candidates learn from, and what they are
// judged on. Images are positions among those at hand.
struct Fold {
  std::vector<int> learned, novel;  // classes, in their order; no novel ones where all are learned
  std::vector<Index> shots;         // images of the classes learned, to learn from
  std::vector<Index> held_out;      // other images of them
  std::vector<Index> unseen;        // all images of the novel classes
};

struct FoldOptions {
  TuneGoal goal = TuneGoal::kNew;
  int parts = 2;
  int repeats = 3;
  std::uint64_t seed = 1;
};

// A seeded half of so many classes, rounded down: true where a class is held out.
std::vector<bool> held_out_half(Index classes, std::uint64_t seed);

// Whether so many classes can be parted so that two are left on either side.
bool can_part(int classes, int parts);

// `repeats` times, the classes are shuffled and cut into `parts` parts of equal size (to within one
// class); each part in turn is novel, and the others are learned. Where the goal has no novel
// classes, the folds differ in their held-out images alone: `held_out[c]` images of class c, drawn
// anew in each repeat (for each fold, then). A function of its arguments alone. Throws Error for
// too few classes, and for a class that has no image left to learn from.
std::vector<Fold> folds_of(std::span<const int> labels, std::span<const int> held_out,
                           const FoldOptions& options);

}  // namespace qprompt
