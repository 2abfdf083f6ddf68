#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/console.h"
#include "cli/terminal.h"
#include "qprompt/core/printable.h"

namespace qprompt::cli {
namespace {

bool silent = false;

std::string cut_to_terminal(const std::string& text) {
  const auto terminal = terminal_size(STDERR_FILENO);
  return terminal ? cut_to(text, terminal->columns - 1) : text;
}

}  // namespace

void silence_progress(bool now) { silent = now; }
bool progress_is_silent() { return silent; }

Progress::Progress(std::string label, std::string unit)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      terminal_(::isatty(STDERR_FILENO) != 0),
      last_(Clock::now()) {}

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
  // Before the first call some of the work was done too.
  if (done >= total && done > first_) {
    const double share = static_cast<double>(done) / static_cast<double>(done - first_);
    text += fmt::format(", took {}", duration_text(share * seconds_since(first_at_)));
  }
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
  // Elsewhere than on a terminal lines stay: seldom ones do, once the first has shown that it
  // works.
  const auto interval = std::chrono::seconds(terminal_ || !shown_ ? 1 : 5);
  const bool finished = done >= total;
  // Short work stays quiet; what has shown a line shows its end too.
  if (now - last_ < interval && !(finished && line_open_)) return;
  last_ = now;
  shown_ = true;
  const std::string text = line(done, total, note);
  if (terminal_) {
    write_stderr("\r\033[K" + cut_to_terminal(printable(text)));
    line_open_ = !finished;
    if (finished) write_stderr("\n");
  } else {
    tell("{}\n", text);
  }
}

}  // namespace qprompt::cli
