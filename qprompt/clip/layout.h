#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace qprompt {

// How a checkpoint names its weights. OpenAI's names are the canonical ones; open_clip shares them.
enum class Naming { kOpenAi, kHuggingFace };

// Where a canonical weight lies: one tensor, or several stacked by rows (query, key, value).
struct WeightLocation {
  std::vector<std::string> names = {};
  bool transposed = false;  // stored [columns, rows]
};

WeightLocation locate_weight(Naming naming, std::string_view canonical);

// "visual.transformer.resblocks.3."; for the text tower "transformer.resblocks.3."
std::string image_block_prefix(long layer);
std::string text_block_prefix(long layer);

}  // namespace qprompt
