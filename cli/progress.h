#pragma once

#include <chrono>
#include <string>

#include "qprompt/core/matrix.h"

namespace qprompt::cli {

// Progress of long work on stderr, with rate and remaining time: one line that renews itself on a
// terminal, a plain line now and then elsewhere. Work that is done within a moment prints nothing.
class Progress {
 public:
  Progress(std::string label, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `note` is shown behind the numbers ("loss 1.23"). Rates count from the first call on, and anew
  // where `done` falls back: work that is resumed, or done twice.
  void update(Index done, Index total, const std::string& note = {});
  // Takes the line off the terminal, for other output to follow.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  std::string line(Index done, Index total, const std::string& note) const;

  std::string label_, unit_;
  bool terminal_;
  bool line_open_ = false, shown_ = false;
  Index first_ = -1, done_ = -1;  // at the first call, at the latest one
  Clock::time_point first_at_, last_;
};

// Turns all progress lines off.
void silence_progress(bool silent);
bool progress_is_silent();

}  // namespace qprompt::cli
