#include "qprompt/checkpoint/hub.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

bool is_hub_word(std::string_view word) {
  return !word.empty() && word.front() != '.' &&
         std::all_of(word.begin(), word.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

// The commit that "main" names; without that file the only snapshot there is.
fs::path snapshot_of(const fs::path& model) {
  const fs::path snapshots = model / "snapshots", main = model / "refs/main";
  if (fs::exists(main)) {
    std::string commit = read_text(main);
    commit.erase(std::find_if_not(commit.begin(), commit.end(),
                                  [](unsigned char c) { return std::isalnum(c); }),
                 commit.end());
    return commit.empty() ? fs::path() : snapshots / commit;
  }
  std::vector<fs::path> found;
  if (fs::is_directory(snapshots)) {
    for (const auto& entry : fs::directory_iterator(snapshots)) found.push_back(entry.path());
  }
  return found.size() == 1 ? found.front() : fs::path();
}

}  // namespace

bool is_hub_name(const std::string& name) {
  const std::size_t slash = name.find('/');
  return slash != name.npos && is_hub_word(name.substr(0, slash)) &&
         is_hub_word(name.substr(slash + 1));
}

fs::path hub_cache() {
  if (const auto cache = environment("HF_HUB_CACHE"); !cache.empty()) return cache;
  if (const auto home = environment("HF_HOME"); !home.empty()) return fs::path(home) / "hub";
  const std::string xdg = environment("XDG_CACHE_HOME");
  const fs::path cache = xdg.empty() ? fs::path(environment("HOME")) / ".cache" : fs::path(xdg);
  return cache / "huggingface/hub";
}

fs::path find_in_hub_cache(const std::string& name) {
  require(is_hub_name(name), "'", name, "' is no Hub name, expected organisation/name");
  const std::size_t slash = name.find('/');
  const fs::path model =
      hub_cache() / ("models--" + name.substr(0, slash) + "--" + name.substr(slash + 1));
  const fs::path snapshot = snapshot_of(model);
  require(!snapshot.empty() && fs::is_directory(snapshot), name,
          ": no such file or folder, and not in the local Hugging Face cache ",
          hub_cache().string(), "; fetch it with: huggingface-cli download ", name);
  return snapshot;
}

}  // namespace qprompt
