#include "qprompt/experiment/plan.h"

#include <fmt/format.h>

#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/nearest.h"
#include "qprompt/experiment/experiments.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

const Strings kPlanKeys{"model",   "data-root", "records",   "settings",
                        "methods", "data",      "experiment"};
const Strings kDataKeys{"path", "split", "class-names", "settings"};
const Strings kExperimentKeys{"kind",  "model", "data",        "targets",  "methods", "values",
                              "shots", "seeds", "train-seeds", "template", "preset",  "settings"};

class PlanReader {
 public:
  explicit PlanReader(fs::path path) : path_(std::move(path)) {}

  Plan read() {
    const std::string text = read_text(path_);
    const toml::table table = parsed(text);
    require_keys(table, kPlanKeys);
    plan_.data_root = relative(text_of(table, "data-root"));
    const std::string records = text_of(table, "records");
    plan_.records = records.empty() ? beside() : fs::path(relative(records));
    settings_ = settings_of(table);
    for_each_table(table, "methods", [&](const std::string& name, const toml::table& settings) {
      at(settings, [&] { require_learns(name); });
      method_settings_[name] = settings_in(settings);
    });
    for_each_table(table, "data",
                   [&](const std::string& name, const toml::table& data) { add_data(name, data); });
    add_experiments(table);
    require_data_used(table);
    return std::move(plan_);
  }

 private:
  toml::table parsed(const std::string& text) const {
    try {
      return toml::parse(text);
    } catch (const toml::parse_error& error) {
      fail(place_of(error.source()), ": ", error.description());
    }
  }

  // "plan.toml:12:1".
  std::string place_of(const toml::source_region& region) const {
    return fmt::format("{}:{}:{}", path_.string(), region.begin.line, region.begin.column);
  }

  template <typename... Parts>
  [[noreturn]] void fail_at(const toml::node& node, const Parts&... parts) const {
    fail(place_of(node.source()), ": ", parts...);
  }

  // Work whose errors are about this node.
  template <typename Work>
  void at(const toml::node& node, Work&& work) const {
    try {
      work();
    } catch (const Error& error) {
      fail_at(node, error.what());
    }
  }

  void require_keys(const toml::table& table, const Strings& known) const {
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (std::ranges::find(known, name) != known.end()) continue;
      fail(place_of(key.source()), ": ", none_of(name, known));
    }
  }

  // Where records go that nobody has told a place.
  fs::path beside() const {
    return path_.has_extension() ? fs::path(path_).replace_extension()
                                 : fs::path(path_.string() + "-records");
  }

  // Relative to the plan; nothing stays nothing.
  std::string relative(const std::string& given) const {
    return given.empty() ? given : (path_.parent_path() / given).lexically_normal().string();
  }

  // Numbers, truth values and strings as flags have them.
  std::string as_text(const toml::node& node) const {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
    if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
    fail_at(node, "expected a string, a number, true or false");
  }

  std::string text_of(const toml::table& table, std::string_view key) const {
    const toml::node* node = table.get(key);
    if (node == nullptr) return {};
    if (!node->is_string()) fail_at(*node, "'", key, "': expected a string");
    return as_text(*node);
  }

  // One value stands for a list of it.
  Strings texts_of(const toml::table& table, std::string_view key) const {
    const toml::node* node = table.get(key);
    if (node == nullptr) return {};
    const toml::array* array = node->as_array();
    if (array == nullptr) return {as_text(*node)};
    if (array->empty()) fail_at(*node, "'", key, "': an empty list");
    Strings texts;
    for (const toml::node& element : *array) texts.push_back(as_text(element));
    return texts;
  }

  template <typename Number>
  std::vector<Number> numbers_of(const toml::table& table, std::string_view key,
                                 Number least) const {
    const toml::node* node = table.get(key);
    std::vector<Number> numbers;
    for (const std::string& text : texts_of(table, key)) {
      Number number{};
      const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
      if (result.ec != std::errc() || result.ptr != text.data() + text.size() || number < least) {
        fail_at(*node, "'", key, "': '", text, "', expected whole numbers from ", least);
      }
      numbers.push_back(number);
    }
    return numbers;
  }

  const toml::table* table_of(const toml::table& table, std::string_view key) const {
    const toml::node* node = table.get(key);
    if (node == nullptr) return nullptr;
    if (!node->is_table()) fail_at(*node, "'", key, "': expected a table");
    return node->as_table();
  }

  template <typename Use>
  void for_each_table(const toml::table& table, std::string_view key, const Use& use) const {
    const toml::table* tables = table_of(table, key);
    if (tables == nullptr) return;
    for (const auto& [name, node] : *tables) {
      if (!node.is_table()) fail_at(node, "'", name.str(), "': expected a table");
      use(std::string(name.str()), *node.as_table());
    }
  }

  Settings settings_of(const toml::table& table) const {
    const toml::table* settings = table_of(table, "settings");
    return settings == nullptr ? Settings{} : settings_in(*settings);
  }

  Settings settings_in(const toml::table& table) const {
    Settings settings;
    for (const auto& [key, node] : table) {
      std::string name(key.str());
      std::ranges::replace(name, '-', '_');  // as flags are written
      const std::string text = as_text(node);
      at(node, [&] {
        if (!is_tune_setting(name, text)) require_setting(name, text);
      });
      if (name == "quantizer" && is_said_by_names(text)) {
        fail_at(node, "quantizer ", text, ": the names of methods say it: coop, qcoop, coop-noise");
      }
      settings[name] = text;
    }
    return settings;
  }

  void add_data(const std::string& name, const toml::table& table) {
    require_keys(table, kDataKeys);
    if (table.contains("path")) {
      plan_.data[name] = {relative(text_of(table, "path")), relative(text_of(table, "split")),
                          relative(text_of(table, "class-names"))};
    } else if (table.contains("split") || table.contains("class-names")) {
      fail_at(table, "'", name, "': a split or class names without a path");
    }
    data_settings_[name] = settings_of(table);
  }

  void add_experiments(const toml::table& table) {
    const toml::node* node = table.get("experiment");
    const toml::array* experiments = node == nullptr ? nullptr : node->as_array();
    require(experiments != nullptr && !experiments->empty(), path_.string(),
            ": no [[experiment]], expected at least one");
    for (const toml::node& experiment : *experiments) {
      if (!experiment.is_table()) fail_at(experiment, "expected [[experiment]]");
      add_experiment(*experiment.as_table(), text_of(table, "model"));
    }
  }

  void add_experiment(const toml::table& table, const std::string& model) {
    require_keys(table, kExperimentKeys);
    const std::string own = text_of(table, "model");
    if (own.empty() && model.empty()) fail_at(table, "no model, here or for the whole plan");
    ExperimentRequest request{text_of(table, "kind"),     texts_of(table, "data"),
                              texts_of(table, "targets"), texts_of(table, "methods"),
                              texts_of(table, "values"),  numbers_of<int>(table, "shots", 0)};
    at(table.contains("kind") ? *table.get("kind") : table,
       [&] { experiment_called(request.experiment); });
    require_methods(table, request.methods);
    if (table.contains("seeds")) request.seeds = numbers_of<std::uint64_t>(table, "seeds", 0);
    request.train_seeds = numbers_of<std::uint64_t>(table, "train-seeds", 0);
    if (table.contains("template")) request.templates = texts_of(table, "template");
    request.defaults = settings_;
    request.settings = settings_of(table);
    add_preset(table, request);
    request.method_settings = method_settings_;
    request.data_settings = data_settings_;
    plan_.experiments.push_back(
        {place_of(table.source()), relative_model(own.empty() ? model : own), std::move(request)});
  }

  // Settings of data that no experiment learns from are a slip.
  void require_data_used(const toml::table& plan) const {
    for_each_table(plan, "data", [&](const std::string& name, const toml::table& table) {
      const bool used = std::ranges::any_of(plan_.experiments, [&](const Plan::Entry& entry) {
        const auto is_this = [&](const std::string& data) { return same_data(data, name); };
        return std::ranges::any_of(entry.request.data, is_this) ||
               std::ranges::any_of(entry.request.targets, is_this) || entry.request.data.empty();
      });
      if (!used) fail_at(table, "no experiment has the data '", name, "'");
    });
  }

  void require_methods(const toml::table& table, const Strings& methods) const {
    for (const std::string& method : methods) {
      if (method != "zeroshot") at(*table.get("methods"), [&] { require_learns(method); });
    }
  }

  void add_preset(const toml::table& table, ExperimentRequest& request) const {
    const std::string name = text_of(table, "preset");
    if (name.empty()) return;
    at(*table.get("preset"), [&] {
      const Preset& published = preset(name);
      request.preset = PresetUse{published.name, published.source, request.settings};
      request.settings = merged(published.settings, request.settings);
    });
  }

  // A folder or file relative to the plan, where there is one.
  std::string relative_model(const std::string& model) const {
    const std::string beside = relative(model);
    return fs::exists(beside) ? beside : model;
  }

  fs::path path_;
  Plan plan_;
  Settings settings_;
  std::map<std::string, Settings> method_settings_, data_settings_;
};

}  // namespace

Plan read_plan(const fs::path& path) {
  return at_border([&] { return PlanReader(path).read(); });
}

}  // namespace qprompt
