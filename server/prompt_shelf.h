#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/core/hash.h"
#include "qprompt/core/lru_cache.h"
#include "qprompt/inference/adapted_model.h"
#include "server/options.h"

namespace qprompt::server {

// A prompt as it lies in the folder.
struct ShelvedPrompt {
  std::string name{};
  PromptFile file{};
  std::vector<std::byte> bytes{};  // of the file
  std::optional<std::vector<std::string>> class_names{};
  std::uint64_t version = 0;  // another one after every change
  bool is_run = false;        // a run's own, which the server leaves as it is
  bool any_classes = true;    // whether it can be asked about other classes than its own
};
using PromptHandle = std::shared_ptr<const ShelvedPrompt>;

// The prompts of one backbone in a folder, NAME.qprompt with NAME.classes.txt beside it, and run
// folders NAME/; and adapted models of the latest questions. The folder is read at the start and
// belongs to the server from then on. Safe from several threads.
class PromptShelf {
 public:
  // Prompts that cannot be read or are of another backbone are told and left out. Throws Error
  // where the folder cannot be read or made.
  PromptShelf(const Model& model, const ServerOptions& options);

  std::vector<PromptHandle> all() const;
  PromptHandle at(const std::string& name) const;  // Problem 404

  // Throws Problem where no prompt may be kept under this name; 409 where there is one that is not
  // to be replaced.
  void require_free(const std::string& name, bool replaces) const;
  // Checked wholly before anything is replaced. `class_names`: nothing leaves those it has. True
  // where there was none of that name.
  bool put(const std::string& name, const PromptFile& prompt,
           std::optional<std::vector<std::string>> class_names);
  void remove(const std::string& name);
  // Behind its own; only texts of these are encoded where that is possible.
  PromptHandle add_classes(const std::string& name, const std::vector<std::string>& more);
  PromptHandle replace_classes(const std::string& name, const std::vector<std::string>& names);

  // The prompt asked among `class_names`; among its own where there are none.
  AdaptedModel adapted(const PromptHandle& prompt,
                       const std::optional<std::vector<std::string>>& class_names);
  AdaptedModel zero_shot(const std::string& prompt_template,
                         const std::vector<std::string>& class_names);

  // As they are shown and read to the text tower. Throws Problem 422 for more or longer ones than
  // the limits, and for equal ones.
  std::vector<std::string> checked(const std::vector<std::string>& class_names) const;

 private:
  using ModelCache = LruCache<Hash128, std::shared_ptr<const AdaptedModel>>;

  ModelCache& models_of(const std::vector<std::string>& class_names);
  void read_folder(const std::function<void(const std::string&)>& notice);
  void read_prompt(const std::string& name, const std::filesystem::path& path, bool is_run);
  std::filesystem::path path_of(const std::string& name) const;
  PromptHandle store(ShelvedPrompt prompt, const std::optional<AdaptedModel>& model);
  PromptHandle changeable(const std::string& name) const;
  PromptHandle keep(ShelvedPrompt prompt);
  // Gives what `make` makes, once for each key of the latest.
  template <typename Make>
  AdaptedModel remembered(const Hash128& key, const std::vector<std::string>& class_names,
                          const Make& make);

  const Model model_;
  const std::filesystem::path folder_;
  const Limits limits_;
  // A class is a row of a matrix: of long lists few are kept.
  ModelCache models_{64}, large_models_{8};

  std::mutex changes_;  // one change at a time; before mutex_
  mutable std::mutex mutex_;
  std::map<std::string, PromptHandle> prompts_;
  std::uint64_t versions_ = 0;
};

}  // namespace qprompt::server
