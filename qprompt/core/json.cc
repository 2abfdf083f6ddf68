#include "qprompt/core/json.h"

#include <nlohmann/json.hpp>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"

namespace qprompt {

nlohmann::json parse_json(std::string_view text, const std::filesystem::path& origin) {
  constexpr int kMaxDepth = 64;
  const auto check_depth = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    require(depth <= kMaxDepth, origin.string(), ": JSON nested deeper than ", kMaxDepth);
    return true;
  };
  try {
    return nlohmann::json::parse(text, check_depth);
  } catch (const nlohmann::json::exception& error) {
    fail(origin.string(), ": not valid JSON: ", error.what());
  }
}

nlohmann::json read_json(const std::filesystem::path& path) {
  return parse_json(read_text(path), path);
}

nlohmann::json read_json_object(const std::filesystem::path& path) {
  nlohmann::json json = read_json(path);
  require(json.is_object(), path.string(), ": JSON of the type ", json.type_name(),
          ", expected an object");
  return json;
}

}  // namespace qprompt
