#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace qprompt::server {

// One part of a multipart/form-data body (RFC 7578). `content` lies in the body.
struct Part {
  std::string name{}, filename{};
  bool is_file = false;  // it has a file's name, be it an empty one
  std::string_view content{};
};

bool is_multipart(std::string_view content_type);

// Throws Problem 400 for a body that is not what its content type says, or ends amid a part, and
// for more parts than `limit`.
std::vector<Part> parts_of(std::string_view content_type, std::string_view body, std::size_t limit);

}  // namespace qprompt::server
