#pragma once

#include "qprompt/clip/text_tower.h"
#include "tests/clip/random_towers.h"

namespace qprompt {

struct TextCase {
  std::string name;
  TextLayout layout;
  TextPrompts prompts;
};

// The same sentences for the plain tower: every class whole, by itself, and padded behind EOT.
reference::TextInput plain_input(const Checkpoint& checkpoint, const TextCase& text);

// The gradient of the prompts from that of every row of every class.
struct PlainPrompts {
  Double rows;
  std::vector<Double> deep;
};
PlainPrompts plain_gradient(const TextCase& text, const reference::TextGradient& gradient);

}  // namespace qprompt
