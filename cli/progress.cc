#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>

#include "cli/console.h"
#include "qprompt/core/printable.h"

namespace qprompt::cli {
namespace {

bool silent = false;

std::string duration_text(double seconds) {
  const auto whole = std::lround(seconds);
  return whole < 60 ? fmt::format("{} s", whole) : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

void silence_progress() { silent = true; }

Progress::Progress(std::string label, std::string unit)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      terminal_(::isatty(STDERR_FILENO) != 0),
      start_(Clock::now()),
      last_(start_) {}

Progress::~Progress() {
  if (line_open_) write_stderr("\n");
}

void Progress::clear() {
  if (line_open_) write_stderr("\r\033[K");
  line_open_ = false;
}

std::string Progress::line(Index done, Index total, const std::string& note) const {
  const auto now = Clock::now();
  const auto seconds_since = [now](Clock::time_point then) {
    return std::chrono::duration<double>(now - then).count();
  };
  std::string text = fmt::format("{}: {} of {} {}", label_, done, total, unit_);
  if (done > first_) {
    const double rate =
        static_cast<double>(done - first_) / std::max(seconds_since(first_at_), 1e-9);
    text += fmt::format(", {:.{}f}/s", rate, rate < 10 ? 1 : 0);
    if (done < total) {
      text += fmt::format(", {} left", duration_text(static_cast<double>(total - done) / rate));
    }
  }
  if (done >= total) text += fmt::format(", took {}", duration_text(seconds_since(start_)));
  if (!note.empty()) text += ", " + note;
  return text;
}

void Progress::update(Index done, Index total, const std::string& note) {
  if (silent) return;
  const auto now = Clock::now();
  if (done < done_ || done_ < 0) {
    first_ = done;
    first_at_ = now;
  }
  done_ = done;
  const auto interval = terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(5);
  const bool finished = done >= total;
  // Short work stays quiet; what has shown a line shows its end too.
  if (now - last_ < interval && !(finished && line_open_)) return;
  last_ = now;
  const std::string text = line(done, total, note);
  if (terminal_) {
    write_stderr("\r\033[K" + printable(text));
    line_open_ = !finished;
    if (finished) write_stderr("\n");
  } else {
    tell("{}\n", text);
  }
}

}  // namespace qprompt::cli
