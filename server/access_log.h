#pragma once

#include <string>

#include "server/http.h"

namespace qprompt::server {

// One answer as a line of JSON: when, what, how long. Nothing of what was sent is in it but the
// path.
struct AccessEntry {
  std::string client{}, method{}, path{};
  int status = 0;
  std::size_t received = 0, sent = 0;  // bytes of the bodies
  double seconds = 0;
};
std::string text_of(const AccessEntry& entry);

}  // namespace qprompt::server
