#include "server/multipart.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <optional>

#include "server/http.h"

namespace qprompt::server {
namespace {

namespace beast = boost::beast;

constexpr std::string_view kLineEnd = "\r\n";

[[noreturn]] void refuse(const std::string& detail) {
  throw Problem(400, "multipart/form-data: " + detail);
}

// `key` of a header's value such as `form-data; name="image"`.
std::optional<std::string> parameter(std::string_view value, std::string_view key) {
  const auto begin = value.find(';');
  if (begin == value.npos) return std::nullopt;
  for (const auto& [name, text] : beast::http::param_list(value.substr(begin))) {
    if (beast::iequals(name, key)) return std::string(text);
  }
  return std::nullopt;
}

// Browsers write a quote and line ends in a name as %22, %0D and %0A, and nothing else so.
std::string unescaped(std::string text) {
  constexpr std::pair<std::string_view, char> kEscapes[] = {
      {"%22", '"'}, {"%0D", '\r'}, {"%0A", '\n'}};
  for (const auto& [escape, character] : kEscapes) {
    for (auto at = text.find(escape); at != text.npos; at = text.find(escape, at + 1)) {
      text.replace(at, escape.size(), 1, character);
    }
  }
  return text;
}

// Reads a part's header lines, up to the empty one.
class PartReader {
 public:
  explicit PartReader(std::string_view rest) : rest_(rest) {}

  Part part() {
    Part part;
    while (true) {
      const std::string_view line = next_line();
      if (line.empty()) break;
      if (is_header(line, "content-disposition")) dispose(line, part);
    }
    if (part.name.empty()) refuse("a part without a name");
    part.content = rest_;
    return part;
  }

 private:
  std::string_view next_line() {
    const auto end = rest_.find(kLineEnd);
    if (end == rest_.npos) refuse("a part that ends amid its headers");
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + kLineEnd.size());
    return line;
  }

  static bool is_header(std::string_view line, std::string_view name) {
    return beast::iequals(line.substr(0, line.find(':')), name);
  }

  static void dispose(std::string_view line, Part& part) {
    part.name = unescaped(parameter(line, "name").value_or(""));
    const auto filename = parameter(line, "filename");
    part.is_file = filename.has_value();
    part.filename = unescaped(filename.value_or(""));
  }

  std::string_view rest_;
};

}  // namespace

bool is_multipart(std::string_view content_type) {
  return beast::iequals(content_type.substr(0, content_type.find_first_of("; ")),
                        "multipart/form-data");
}

std::vector<Part> parts_of(std::string_view content_type, std::string_view body,
                           std::size_t limit) {
  const auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 70) {
    refuse("no boundary of 1 to 70 characters in the Content-Type");
  }
  // The first one may stand without the line end that belongs to all others.
  const std::string separator = std::string(kLineEnd) + "--" + *boundary;
  const std::string_view first = std::string_view(separator).substr(kLineEnd.size());
  std::vector<Part> parts;
  std::string_view rest = body;
  if (rest.starts_with(first)) {
    rest.remove_prefix(first.size());
  } else {
    const auto at = rest.find(separator);
    if (at == rest.npos) refuse("the boundary does not stand in the body");
    rest.remove_prefix(at + separator.size());
  }
  while (!rest.starts_with("--")) {
    if (!rest.starts_with(kLineEnd)) refuse("no line end behind a boundary");
    rest.remove_prefix(kLineEnd.size());
    const auto end = rest.find(separator);
    if (end == rest.npos) refuse("a part without an end");
    if (parts.size() == limit) throw Problem(413, "more than " + std::to_string(limit) + " parts");
    parts.push_back(PartReader(rest.substr(0, end)).part());
    rest.remove_prefix(end + separator.size());
  }
  return parts;
}

}  // namespace qprompt::server
