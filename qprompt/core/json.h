#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace qprompt {

// Parses `text`; Error names `origin` (a file) when it is not JSON or nests deeper than 64 levels.
nlohmann::json parse_json(std::string_view text, const std::filesystem::path& origin);

// The JSON file at `path`. Throws Error naming the file.
nlohmann::json read_json(const std::filesystem::path& path);
// The same, and Error for JSON that is no object.
nlohmann::json read_json_object(const std::filesystem::path& path);

}  // namespace qprompt
