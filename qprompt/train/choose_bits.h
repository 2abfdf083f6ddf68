#pragma once

#include <string>
#include <vector>

#include "qprompt/train/bits.h"
#include "qprompt/train/trainer.h"

namespace qprompt {

struct BitsChoice {
  BitsPerKind bits;
  std::vector<std::string> reasons;  // one line for each kind that was chosen
};

// Replaces the widths that config.quantizer.bits leaves "auto". Learns once in full precision,
// quantizes one kind of matrix at a time, and takes the smallest of 1, 2, 4, 8 bits whose accuracy
// on the validation images is at most one standard error below that of full precision; 8 where
// none is. The observer hears of epochs and may stop; then the choice is made of what was learned.
BitsChoice choose_bits(const PromptedClip& clip, const TrainingData& data,
                       const TrainingConfig& config, std::uint64_t seed,
                       const Observer& observer = {});

}  // namespace qprompt
