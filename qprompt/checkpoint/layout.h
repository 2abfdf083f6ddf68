#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace qprompt {

// How a checkpoint names its weights. OpenAI's names are the canonical ones; open_clip shares them,
// and SLIP those of the text tower.
enum class Naming { kOpenAi, kHuggingFace, kSlip };

// Where a canonical weight lies: one tensor, or several stacked by rows (query, key, value).
struct WeightLocation {
  std::vector<std::string> names = {};
  bool transposed = false;       // stored [columns, rows]
  std::size_t leading_ones = 0;  // dimensions of 1 that are stored before the weight's own
};

WeightLocation locate_weight(Naming naming, std::string_view canonical);

// "visual.transformer.resblocks.3."; for the text tower "transformer.resblocks.3."
std::string image_block_prefix(long layer);
std::string text_block_prefix(long layer);

// "visual.layer4.2.": the third block of a ResNet's last stage, which is stage 3.
std::string bottleneck_prefix(long stage, long block);

}  // namespace qprompt
