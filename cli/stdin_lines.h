#pragma once

#include <optional>
#include <string>

namespace qprompt::cli {

// Lines of stdin as they arrive: a line is there for its reader before the next one is written.
class StdinLines {
 public:
  // Without its line end; the last line may have none. Nothing where stdin has ended. Throws
  // Interrupted once the program is asked to stop, and Error where stdin cannot be read.
  std::optional<std::string> next();

 private:
  bool fill();
  std::optional<std::string> take(std::size_t length);

  std::string waiting_;  // what has been read behind the last line
};

}  // namespace qprompt::cli
