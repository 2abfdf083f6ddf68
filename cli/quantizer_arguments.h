#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "qprompt/quant/quantizer.h"

namespace qprompt::cli {

// --bits, --quantizer for values that are quantized once, after training. Without --bits they stay
// as fp16.
struct QuantizerArguments {
  std::string bits;
  QuantizerConfig config;

  void add_to(CLI::App& app);
  QuantizerConfig settled() const;
};

}  // namespace qprompt::cli
