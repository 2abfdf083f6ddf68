#include "qprompt/clip/block_stack.h"

#include <algorithm>
#include <utility>

namespace qprompt {

BlockStack::BlockStack(const kernels::Device& device, Index layers,
                       std::function<ResidualBlock(Index layer)> pack, Packing packing)
    : device_(device), pack_(std::move(pack)), blocks_(static_cast<std::size_t>(layers)) {
  if (packing == Packing::kAtOnce) device_.run([this] { settle(); });
}

void BlockStack::settle() {
  if (pack_ == nullptr) return;
  pack(0, std::ssize(blocks_));
  pack_ = nullptr;
}

void BlockStack::enter() {
  if (std::exchange(passed_, true)) settle();
}

const ResidualBlock& BlockStack::at(Index layer) {
  std::optional<ResidualBlock>& block = blocks_[static_cast<std::size_t>(layer)];
  if (!block) pack(layer, std::min<Index>(device_.threads(), std::ssize(blocks_) - layer));
  return *block;
}

void BlockStack::pack(Index first, Index count) {
  for (auto& block : blocks_) block.reset();
  device_.each_alone(count, [&](Index i, int) {
    blocks_[static_cast<std::size_t>(first + i)].emplace(pack_(first + i));
  });
}

}  // namespace qprompt
