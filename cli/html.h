#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace qprompt::cli {

// Text that HTML and SVG show as it is, within elements and within quoted attributes.
std::string escape_html(std::string_view text);

// JSON that a page holds in a script element: the same values, and nothing that would end the
// element or begin another.
std::string in_script(std::string_view json);

std::string base64(std::string_view bytes);  // RFC 4648, padded

// A picture file as an address that holds its content: "data:image/png;base64,..."; the kind is
// told by the extension. Throws Error naming the file.
std::string data_uri(const std::filesystem::path& picture);

// `page` with {{name}} replaced by values[name]. Throws Error for a name without a value.
std::string fill(std::string_view page, const std::map<std::string, std::string>& values);

}  // namespace qprompt::cli
