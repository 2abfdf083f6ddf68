#include "qprompt/data/class_names.h"

#include <set>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"

namespace qprompt {

std::vector<std::string> read_class_names(const std::filesystem::path& path) {
  return at_border([&] {
    std::vector<std::string> names;
    std::set<std::string> seen;
    for (const std::string& name : read_lines(path)) {
      if (name.find_first_not_of(" \t") == std::string::npos) continue;
      require(seen.insert(name).second, path.string(), ": the class '", name, "' comes twice");
      names.push_back(name);
    }
    require(names.size() >= 2, path.string(), ": ", names.size(),
            " class names, expected at least two, one a line");
    return names;
  });
}

}  // namespace qprompt
