#pragma once

// A config struct lists its fields once:
//
//   template <typename Visitor>
//   void visit_fields(Visitor& visit) {
//     visit("n_ctx", n_ctx, "number of context tokens, 1..75");
//   }
//
// and command-line flags, help texts, JSON and the prompt file's header are visitors over that
// list. A field is a bool, an integer, a double, a std::string, or an enum that has an
// `enum_names(Enum)` overload found by argument-dependent lookup:
//
//   inline auto enum_names(KMeans) { return std::array{"optimal", "lloyd"}; }  // by value, from 0

#include <string>
#include <string_view>
#include <type_traits>

#include "qprompt/core/error.h"

namespace qprompt {

template <typename Enum>
std::string enum_name(Enum value) {
  const auto names = enum_names(value);
  const auto position = static_cast<std::size_t>(value);
  require(position < names.size(), "enum value ", position, ", expected below ", names.size());
  return names[position];
}

template <typename Enum>
Enum enum_from_name(std::string_view name) {
  const auto names = enum_names(Enum{});
  std::string expected;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (name == names[i]) return static_cast<Enum>(i);
    expected += (i ? ", " : "") + std::string(names[i]);
  }
  fail("'", name, "', expected one of ", expected);
}

}  // namespace qprompt
