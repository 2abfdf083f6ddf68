#include "server/prompt_shelf.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/data/class_names.h"
#include "qprompt/prompt/learner.h"
#include "qprompt/run/run_folder.h"
#include "server/http.h"

namespace qprompt::server {
namespace {

namespace fs = std::filesystem;

constexpr char kExtension[] = ".qprompt";
constexpr std::size_t kLongestName = 64;

// A part of a path that leads nowhere else, on any system.
bool is_name(const std::string& name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kLongestName && name.front() != '.' &&
         std::ranges::all_of(name, is_allowed);
}

void require_name(const std::string& name) {
  if (is_name(name)) return;
  throw Problem(422, "prompt name '" + printable(name) +
                         "', expected 1 to 64 of a-z A-Z 0-9 . _ - that do not begin with a dot");
}

Hash128 key_of(const std::string& what, const std::vector<std::string>& class_names) {
  std::string text = what;
  for (const std::string& name : class_names) text += '\n' + name;
  return hash128(std::as_bytes(std::span(text)));
}

Hash128 key_of(const ShelvedPrompt& prompt, const std::vector<std::string>& class_names) {
  return key_of(prompt.name + "\n" + std::to_string(prompt.version), class_names);
}

std::string key_of_template(const std::string& prompt_template) { return "\n" + prompt_template; }

// Those that a learner on features remembers in its file.
std::optional<std::vector<std::string>> seen_names(const PromptFile& prompt) {
  if (prompt.seen.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const SeenClass& seen : prompt.seen) names.push_back(seen.name);
  return names;
}

void require_different(const std::vector<std::string>& class_names) {
  std::unordered_set<std::string_view> seen;
  for (const std::string& name : class_names) {
    if (!seen.insert(name).second) throw Problem(422, "class '" + name + "' stands there twice");
  }
}

bool is_class_bound(const PromptFile& part, const Model& model) {
  return make_learner(part.method, model, part.seen)->class_bound();
}

bool serves_any_classes(const PromptFile& prompt, const Model& model) {
  return !is_class_bound(prompt, model) &&
         std::ranges::none_of(prompt.partners, [&](const PromptFile& partner) {
           return is_class_bound(partner, model);
         });
}

}  // namespace

PromptShelf::PromptShelf(const Model& model, const ServerOptions& options)
    : model_(model), folder_(options.prompts), limits_(options.limits) {
  naming(folder_.string(), [&] {
    fs::create_directories(folder_);
    read_folder(options.notice);
  });
}

void PromptShelf::read_folder(const std::function<void(const std::string&)>& notice) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    const bool is_run = entry.is_directory() && fs::exists(entry.path() / kPromptName);
    if (!is_run && entry.path().extension() != kExtension) continue;
    const fs::path name = is_run ? entry.path().filename() : entry.path().stem();
    try {
      require(is_name(name.string()), entry.path().string(), ": no name for a prompt here");
      read_prompt(name.string(), is_run ? entry.path() / kPromptName : entry.path(), is_run);
    } catch (const Error& error) {
      if (notice) notice(std::string("left out: ") + error.what());
    }
  }
}

void PromptShelf::read_prompt(const std::string& name, const fs::path& path, bool is_run) {
  require(!prompts_.contains(name), path.string(), ": there is another prompt called ", name);
  ShelvedPrompt prompt{.name = name, .bytes = read_bytes(path), .is_run = is_run};
  prompt.file = prompt_file_from_bytes(prompt.bytes, path.string());
  naming(path.string(), [&] { require_same_backbone(prompt.file, model_); });
  prompt.class_names = remembered_classes(path);
  keep(std::move(prompt));
}

fs::path PromptShelf::path_of(const std::string& name) const {
  return folder_ / (name + kExtension);
}

PromptHandle PromptShelf::keep(ShelvedPrompt prompt) {
  const std::scoped_lock lock(mutex_);
  prompt.version = ++versions_;
  prompt.any_classes = serves_any_classes(prompt.file, model_);
  const std::string name = prompt.name;
  return prompts_[name] = std::make_shared<const ShelvedPrompt>(std::move(prompt));
}

std::vector<PromptHandle> PromptShelf::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<PromptHandle> all;
  all.reserve(prompts_.size());
  for (const auto& [name, prompt] : prompts_) all.push_back(prompt);
  return all;
}

PromptHandle PromptShelf::at(const std::string& name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = prompts_.find(name);
  if (found == prompts_.end()) throw Problem(404, "no prompt '" + printable(name) + "'");
  return found->second;
}

PromptHandle PromptShelf::changeable(const std::string& name) const {
  PromptHandle prompt = at(name);
  if (prompt->is_run) {
    throw Problem(409, "prompt '" + name + "' lies in a run's folder, which stays as it is");
  }
  return prompt;
}

void PromptShelf::require_free(const std::string& name, bool replaces) const {
  require_name(name);
  {
    const std::scoped_lock lock(mutex_);
    if (!prompts_.contains(name)) return;
  }
  changeable(name);
  if (!replaces) throw Problem(409, "there is a prompt '" + name + "'; replace=true replaces it");
}

bool PromptShelf::put(const std::string& name, const PromptFile& prompt,
                      std::optional<std::vector<std::string>> class_names) {
  require_name(name);
  require_same_backbone(prompt, model_);
  if (class_names) class_names = checked(*class_names);
  const std::scoped_lock changing(changes_);
  bool is_new = true;
  {
    const std::scoped_lock lock(mutex_);
    is_new = !prompts_.contains(name);
    if (is_new && std::ssize(prompts_) >= limits_.prompts) {
      throw Problem(507, std::to_string(prompts_.size()) + " prompts, the limit is " +
                             std::to_string(limits_.prompts));
    }
  }
  if (!is_new) {
    const PromptHandle old = changeable(name);
    if (!class_names) class_names = old->class_names;
  }
  if (!class_names) class_names = seen_names(prompt);
  std::optional<AdaptedModel> model;
  if (class_names) model.emplace(model_, prompt, *class_names);
  store({.name = name,
         .file = prompt,
         .bytes = to_bytes(prompt),
         .class_names = std::move(class_names)},
        model);
  return is_new;
}

// `model`: the prompt among its own classes, made to see that it serves them and asked next.
PromptHandle PromptShelf::store(ShelvedPrompt prompt, const std::optional<AdaptedModel>& model) {
  save_prompt(prompt.file, path_of(prompt.name), prompt.class_names);
  PromptHandle kept = keep(std::move(prompt));
  if (model) {
    const std::vector<std::string>& names = model->class_names();
    models_of(names).put(key_of(*kept, names), std::make_shared<const AdaptedModel>(*model));
  }
  return kept;
}

void PromptShelf::remove(const std::string& name) {
  const std::scoped_lock changing(changes_);
  changeable(name);
  fs::remove(class_names_path(path_of(name)));
  fs::remove(path_of(name));
  const std::scoped_lock lock(mutex_);
  prompts_.erase(name);
}

PromptHandle PromptShelf::add_classes(const std::string& name,
                                      const std::vector<std::string>& more) {
  const std::scoped_lock changing(changes_);
  const PromptHandle old = changeable(name);
  std::vector<std::string> names = old->class_names.value_or(std::vector<std::string>());
  const std::vector<std::string> added = checked(more);
  names.insert(names.end(), added.begin(), added.end());
  require_at_most(names.size(), limits_.classes, "class names");
  require_different(names);
  std::optional<AdaptedModel> joined;
  if (old->class_names && old->any_classes) {
    joined = adapted(old, std::nullopt).joined(AdaptedModel(model_, old->file, added));
  }
  if (!joined) joined = AdaptedModel(model_, old->file, names);
  ShelvedPrompt changed = *old;
  changed.class_names = std::move(names);
  return store(std::move(changed), joined);
}

PromptHandle PromptShelf::replace_classes(const std::string& name,
                                          const std::vector<std::string>& names) {
  const std::scoped_lock changing(changes_);
  ShelvedPrompt changed = *changeable(name);
  changed.class_names = checked(names);
  const AdaptedModel model(model_, changed.file, *changed.class_names);
  return store(std::move(changed), model);
}

PromptShelf::ModelCache& PromptShelf::models_of(const std::vector<std::string>& class_names) {
  constexpr std::size_t kLargeList = 200;
  return class_names.size() > kLargeList ? large_models_ : models_;
}

template <typename Make>
AdaptedModel PromptShelf::remembered(const Hash128& key,
                                     const std::vector<std::string>& class_names,
                                     const Make& make) {
  auto& models = models_of(class_names);
  if (const auto known = models.find(key)) return **known;
  const auto made = std::make_shared<const AdaptedModel>(make());
  models.put(key, made);
  return *made;
}

AdaptedModel PromptShelf::adapted(const PromptHandle& prompt,
                                  const std::optional<std::vector<std::string>>& class_names) {
  if (!class_names && !prompt->class_names) {
    throw Problem(422, "prompt '" + prompt->name +
                           "' has no class names of its own: classes is "
                           "to say them");
  }
  const std::vector<std::string> names = class_names ? checked(*class_names) : *prompt->class_names;
  return remembered(key_of(*prompt, names), names,
                    [&] { return AdaptedModel(model_, prompt->file, names); });
}

AdaptedModel PromptShelf::zero_shot(const std::string& prompt_template,
                                    const std::vector<std::string>& class_names) {
  const std::vector<std::string> names = checked(class_names);
  return remembered(key_of(key_of_template(prompt_template), names), names,
                    [&] { return AdaptedModel::zero_shot(model_, {prompt_template}, names); });
}

std::vector<std::string> PromptShelf::checked(const std::vector<std::string>& class_names) const {
  if (class_names.empty()) throw Problem(422, "no class names");
  require_at_most(class_names.size(), limits_.classes, "class names");
  std::vector<std::string> names;
  for (const std::string& given : class_names) {
    if (std::ssize(given) > limits_.name) {
      throw Problem(422, "a class name of " + std::to_string(given.size()) +
                             " bytes, the limit is " + std::to_string(limits_.name));
    }
    names.push_back(readable_name(given, "classes"));
  }
  require_different(names);
  return names;
}

}  // namespace qprompt::server
