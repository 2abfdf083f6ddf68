#include "cli/quantizer_arguments.h"

#include "cli/fields.h"
#include "qprompt/core/error.h"
#include "qprompt/train/bits.h"

namespace qprompt::cli {

void QuantizerArguments::add_to(CLI::App& app) {
  auto read = [this](const std::string& text) {
    try {
      if (parse_bits(text).has_auto()) fail("automatic widths need training");
    } catch (const Error& error) {
      throw CLI::ValidationError("--bits", error.what());
    }
    bits = text;
  };
  CLI::Option* width =
      app.add_option_function<std::string>(
             "--bits", read,
             "quantize to so many bits a value: 1..8, or ctx=1,projection=4 (a kind that is "
             "left out: 1)")
          ->type_name("BITS");
  add_enum_option(app, "--quantizer", config.kind, "how levels are found")
      ->type_name("kmeans|uniform|log2")
      ->check([](const std::string& name) {
        return name == "none" || name == "noise" ? name + " has no levels to be found" : "";
      })
      ->needs(width);
}

QuantizerConfig QuantizerArguments::settled() const {
  QuantizerConfig settled = config;
  settled.phase = QuantizationPhase::kPostTraining;
  if (bits.empty()) {
    settled.kind = QuantizerKind::kNone;
  } else {
    settled.bits = bits;
  }
  return settled;
}

}  // namespace qprompt::cli
