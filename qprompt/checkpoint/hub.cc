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

struct PublishedName {
  std::string_view name, hub;
};

// OpenAI's models under the names of its own loader; open_clip writes '-' for '/' and '@'.
constexpr PublishedName kPublished[] = {{"ViT-B/32", "openai/clip-vit-base-patch32"},
                                        {"ViT-B/16", "openai/clip-vit-base-patch16"},
                                        {"ViT-L/14", "openai/clip-vit-large-patch14"},
                                        {"ViT-L/14@336px", "openai/clip-vit-large-patch14-336"},
                                        {"ViT-L/14-336", "openai/clip-vit-large-patch14-336"},
                                        {"ViT-H/14", "laion/CLIP-ViT-H-14-laion2B-s32B-b79K"},
                                        {"ViT-bigG/14", "laion/CLIP-ViT-bigG-14-laion2B-39B-b160k"},
                                        {"RN50", "timm/resnet50_clip.openai"},
                                        {"RN101", "timm/resnet101_clip.openai"},
                                        {"RN50x4", "timm/resnet50x4_clip.openai"},
                                        {"RN50x16", "timm/resnet50x16_clip.openai"},
                                        {"RN50x64", "timm/resnet50x64_clip.openai"}};

// Without case, marks and what open_clip appends.
std::string plain_name(std::string_view name) {
  constexpr std::string_view kQuick = "-quickgelu";
  if (name.ends_with(kQuick)) name.remove_suffix(kQuick.size());
  std::string plain;
  for (const unsigned char c : name) {
    if (std::isalnum(c)) plain += static_cast<char>(std::tolower(c));
  }
  return plain;
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

fs::path find_model(const std::string& model) {
  if (fs::exists(model)) return model;
  constexpr std::string_view kHub = "hf-hub:";
  if (model.starts_with(kHub)) return find_in_hub_cache(model.substr(kHub.size()));
  for (const PublishedName& published : kPublished) {
    require(plain_name(model) != plain_name(published.name), model,
            ": no such file or folder; this model's Hub name is ", published.hub,
            ", fetch it with: hf download ", published.hub, ", then --model ", published.hub);
  }
  return is_hub_name(model) ? find_in_hub_cache(model) : fs::path(model);
}

fs::path find_in_hub_cache(const std::string& name) {
  require(is_hub_name(name), "'", name, "' is no Hub name, expected organisation/name");
  const std::size_t slash = name.find('/');
  const fs::path model =
      hub_cache() / ("models--" + name.substr(0, slash) + "--" + name.substr(slash + 1));
  const fs::path snapshot = snapshot_of(model);
  require(!snapshot.empty() && fs::is_directory(snapshot), name,
          ": no such file or folder, and not in the local Hugging Face cache ",
          hub_cache().string(), "; fetch it with: hf download ", name);
  return snapshot;
}

}  // namespace qprompt
