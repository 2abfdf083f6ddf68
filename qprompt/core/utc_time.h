#pragma once

#include <chrono>
#include <string>

namespace qprompt {

// A moment as files have it.
using UtcTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

UtcTime utc_now();

// ISO 8601 with milliseconds: "2026-11-26T02:26:08.123Z".
std::string utc_text(UtcTime time);
// Of text in this form and in no other. Throws Error.
UtcTime utc_time(const std::string& text);

}  // namespace qprompt
