#include "qprompt/prompt/config.h"

#include <array>
#include <utility>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

template <std::size_t... kIndex>
MethodConfig default_of(std::size_t method, std::index_sequence<kIndex...>) {
  using Make = MethodConfig (*)();
  const std::array<Make, sizeof...(kIndex)> makers{
      [] { return MethodConfig(std::in_place_index<kIndex>); }...};
  require(method < makers.size(), "method number ", method, ", expected below ", makers.size());
  return makers[method]();
}

}  // namespace

MethodConfig default_config(MethodTag method) {
  return default_of(static_cast<std::size_t>(method),
                    std::make_index_sequence<std::variant_size_v<MethodConfig>>());
}

bool learns_on_features(const MethodConfig& method) {
  return std::visit(
      []<typename Config>(const Config&) {
        return requires { Config::kReadsTexts; };
      },
      method);
}

bool learns_by_steps(const MethodConfig& method) {
  return std::visit(
      []<typename Config>(const Config&) {
        if constexpr (requires { Config::kLearnsBySteps; }) return Config::kLearnsBySteps;
        return true;
      },
      method);
}

bool takes_new_classes(const MethodConfig& method) {
  return std::visit(
      []<typename Config>(const Config& config) {
        if constexpr (requires { Config::kTakesNewClasses; }) return Config::kTakesNewClasses;
        if constexpr (requires { config.class_specific; }) return !config.class_specific;
        return true;
      },
      method);
}

}  // namespace qprompt
