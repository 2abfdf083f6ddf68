#include "qprompt/core/utc_time.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

constexpr char kFormat[] = "%Y-%m-%dT%H:%M:%S";

}  // namespace

UtcTime utc_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string utc_text(UtcTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), kFormat, &parts);
  const auto milliseconds = static_cast<int>((time - whole).count());
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ", milliseconds);
  return text.data();
}

UtcTime utc_time(const std::string& text) {
  std::tm parts{};
  const char* rest = ::strptime(text.c_str(), kFormat, &parts);
  int milliseconds = 0;
  const bool read = rest != nullptr && std::sscanf(rest, ".%3dZ", &milliseconds) == 1;
  const UtcTime time(std::chrono::seconds(read ? ::timegm(&parts) : 0) +
                     std::chrono::milliseconds(milliseconds));
  // What is written otherwise, as February 30 or another number of digits, is none.
  require(read && utc_text(time) == text, "time '", text,
          "', expected one like 2026-01-31T23:59:59.123Z");
  return time;
}

}  // namespace qprompt
