#pragma once

#include <array>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <span>
#include <string>

#include "qprompt/core/matrix.h"

namespace qprompt {

// An object of a configuration file. Every Error names the file and the field
// ("vision_config.width"). It remembers which of its keys were asked for.
class ConfigObject {
 public:
  // `json` outlives this. `name` of the file's outermost object is empty.
  ConfigObject(const nlohmann::json& json, std::filesystem::path file, std::string name = "");

  bool has(const char* key) const;  // present and not null
  bool is_list(const char* key) const;
  ConfigObject object(const char* key) const;

  // 1 to 2^24.
  Index whole(const char* key) const;
  Index whole(const char* key, Index otherwise) const;
  double number(const char* key, double otherwise) const;
  std::string text(const char* key, const std::string& otherwise) const;
  bool flag(const char* key, bool otherwise = false) const;  // false, 0 and what is empty are false
  std::array<Index, 4> four_wholes(const char* key) const;
  std::array<float, 3> triple(const char* key, const std::array<float, 3>& otherwise) const;

  // Throws Error naming the first key that was neither asked for nor is harmless or null: what it
  // says would be passed over.
  void finish(std::span<const char* const> harmless) const;
  void finish(std::initializer_list<const char*> harmless) const;

  // A size in pixels: n, [n, n], {"shortest_edge": n} or {"height": n, "width": n}.
  Index pixels(const char* key) const;
  bool is_square(const char* key) const;  // {"height": n, "width": n}, not a side of any picture

  std::string where(const char* key) const;  // "<file>: vision_config.width"

 private:
  const nlohmann::json& at(const char* key) const;

  const nlohmann::json* json_;
  std::filesystem::path file_;
  std::string name_;
  mutable std::set<std::string> asked_for_;
};

}  // namespace qprompt
