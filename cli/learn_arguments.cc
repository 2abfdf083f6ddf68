#include "cli/learn_arguments.h"

#include <map>

#include "cli/fields.h"
#include "cli/help.h"
#include "qprompt/core/field_text.h"

namespace qprompt::cli {
namespace {

// A value as --help shows it.
template <typename T>
std::string text_of(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return enum_name(value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? "on" : "off";
  } else {
    return CLI::detail::to_string(value);
  }
}

// Adds a flag for each field, which puts its text into `given` once it is a value of that field.
class TextFlagVisitor {
 public:
  TextFlagVisitor(CLI::App& app, Settings& given, const std::set<std::string>& without)
      : app_(app), given_(given), without_(without) {}

  template <typename T>
  void operator()(const std::string& field, T& value, const std::string& help) {
    if (without_.contains(field) || !added_.insert(field).second) return;
    const std::string flag = flag_name(field);
    if constexpr (std::is_same_v<T, bool>) {
      auto set = [given = &given_, field](std::int64_t count) {
        (*given)[field] = count > 0 ? "true" : "false";
      };
      app_.add_flag_function(flag + ",!--no-" + flag.substr(2), set, help);
    } else {
      auto set = [given = &given_, field, flag](const std::string& text) {
        check<T>(field, flag, text);
        (*given)[field] = text;
      };
      CLI::Option* option = app_.add_option_function<std::string>(flag, set, help_of<T>(help));
      option->type_name(type_name<T>());
      if (shows_defaults) option->default_str(text_of(value));
    }
  }

  bool shows_defaults = true;

 private:
  template <typename T>
  static void check(const std::string& field, const std::string& flag, const std::string& text) {
    try {
      T probe{};
      FieldSetter setter(field, text);
      setter(field, probe, "");
    } catch (const Error& error) {
      throw CLI::ValidationError(flag, error.what());
    }
  }

  template <typename T>
  static std::string help_of(const std::string& help) {
    if constexpr (std::is_enum_v<T>) return with_long_list<T>(help);
    return help;
  }

  template <typename T>
  static std::string type_name() {
    if constexpr (std::is_enum_v<T>) return enum_type_name<T>();
    if constexpr (std::is_same_v<T, std::string>) return "TEXT";
    if constexpr (std::is_floating_point_v<T>) return "FLOAT";
    return "INT";
  }

  CLI::App& app_;
  Settings& given_;
  std::set<std::string> without_;
  std::set<std::string> added_;
};

// Which methods have a field, and with which default: "coop 4, maple 2".
class DefaultsVisitor {
 public:
  template <typename T>
  void operator()(const std::string& field, T& value, const std::string&) {
    std::string text = text_of(value);
    if constexpr (std::is_same_v<T, std::string>) text = "\"" + text + "\"";
    defaults[field] += (defaults[field].empty() ? "" : ", ") + method + " " + text;
  }

  std::string method;
  std::map<std::string, std::string> defaults;
};

template <typename Visit>
void for_each_method(const Visit& visit) {
  for (std::size_t i = 0; i < std::variant_size_v<MethodConfig>; ++i) {
    const auto tag = static_cast<MethodTag>(i);
    MethodConfig config = default_config(tag);
    std::visit([&](auto& fields) { visit(enum_name(tag), fields); }, config);
  }
}

// Methods share names of fields, with defaults of their own.
void add_method_flags(TextFlagVisitor& flags) {
  DefaultsVisitor of_methods;
  for_each_method([&](const std::string& name, auto& fields) {
    of_methods.method = name;
    fields.visit_fields(of_methods);
  });
  flags.shows_defaults = false;
  for_each_method([&](const std::string&, auto& fields) {
    fields.visit_fields([&](const std::string& field, auto& value, const std::string& help) {
      flags(field, value, help + " [" + of_methods.defaults[field] + "]");
    });
  });
}

}  // namespace

void LearnArguments::add_to(CLI::App& app, const std::set<std::string>& without) {
  add_preset_flag(app);
  TextFlagVisitor flags(app, given_, without);
  LearnConfig defaults;
  MethodTag method = method_tag(defaults.method);
  start_group(app, "Training");
  flags("method", method, "what is learned");
  defaults.visit_fields(flags);
  start_group(app, "Methods, with their defaults");
  add_method_flags(flags);
  start_group(app, "Choosing settings");
  flags.shows_defaults = true;
  TuneConfig{}.visit_fields(flags);
  start_group(app, kFirstGroup);
  app.add_flag_callback(
      "--full-precision", [this] { given_["quantizer"] = "none"; },
      "no quantization (short for --quantizer none)");
}

void LearnArguments::add_preset_flag(CLI::App& app) {
  std::string names;
  for (const Preset& preset : presets()) names += (names.empty() ? "" : ", ") + preset.name;
  auto set_preset = [this](const std::string& name) {
    try {
      preset(name);
    } catch (const Error& error) {
      throw CLI::ValidationError("--preset", error.what());
    }
    preset_ = name;
  };
  app.add_option_function<std::string>("--preset", set_preset,
                                       "published settings, which other flags override: " + names)
      ->type_name("NAME");
}

std::string LearnArguments::given(const std::string& field) const {
  const auto found = given_.find(field);
  return found == given_.end() ? "" : found->second;
}

bool LearnArguments::falls_back() const {
  return has_fallback_ && preset_.empty() && follow_recommendation(given_);
}

Settings LearnArguments::preset_settings() const {
  if (!preset_.empty()) return preset(preset_).settings;
  return falls_back() ? recommended({}) : Settings();
}

// --bits over a preset in full precision asks for quantization.
Settings LearnArguments::settings() const {
  const Settings published = preset_settings();
  Settings settings = merged(published, given_);
  const auto quantizer = settings.find("quantizer");
  const bool is_plain = quantizer != settings.end() && quantizer->second == "none";
  if (is_plain && given_.contains("bits") && !given_.contains("quantizer")) {
    settings.erase(quantizer);
  }
  return settings;
}

namespace {

// What a choice among names would not read.
void require_meant_for_choice(const Settings& given) {
  const auto refuse_with = [&](const char* field, const char* other, const char* why) {
    if (!given.contains(field) || !given.contains(other)) return;
    throw CLI::ValidationError(flag_name(field) + " and " + flag_name(other) + ": " + why);
  };
  refuse_with("method", "candidates", "the names of --candidates say it");
  const auto quantizer = given.find("quantizer");
  const bool plain = quantizer != given.end() && is_said_by_names(quantizer->second);
  if (plain) refuse_with("quantizer", "bits", "there are no bits");
  if (plain && quantizer->second != "none") {
    throw CLI::ValidationError("--quantizer " + quantizer->second +
                               ": the names of --candidates say it: coop-noise");
  }
  if (given.contains("regularizer") && !given.contains("method")) {
    throw CLI::ValidationError("--regularizer: the names of --candidates say it: qkgcoop");
  }
}

}  // namespace

Method LearnArguments::tuned() const {
  if (!preset_.empty()) {
    throw CLI::ValidationError("--preset has its settings, and --tune chooses them: give one");
  }
  require_meant_for_choice(given_);
  Settings settings = given_;
  if (settings.contains("method")) {
    std::set<std::string> meant_for_the_choice;
    settings["candidates"] = name_of(configured(given_, meant_for_the_choice));
  }
  std::set<std::string> unknown;
  Method method = named_method(kTunedName, settings, unknown);
  if (!unknown.empty()) fail_unknown_flags(unknown, "any candidate");
  return method;
}

LearnConfig LearnArguments::config() const {
  std::set<std::string> unknown;
  LearnConfig config = configured(settings(), unknown);
  for (const std::string& field : unknown) {
    if (!is_tune_setting(field, given(field))) continue;
    throw CLI::ValidationError(flag_name(field) + ": a setting of --tune, which was not asked for");
  }
  if (!unknown.empty()) {
    fail_unknown_flags(unknown, enum_name(method_tag(config.method)) +
                                    (preset_.empty() ? "" : ", with --preset " + preset_));
  }
  const QuantizerKind quantizer = config.training.quantizer.kind;
  if (given_.contains("bits") && !has_codebook(quantizer)) {
    throw CLI::ValidationError("--bits: the quantizer " + std::string(enum_name(quantizer)) +
                               " has no bits");
  }
  return config;
}

std::optional<PresetUse> LearnArguments::preset_use() const {
  if (preset_.empty() && !falls_back()) return std::nullopt;
  const Preset& chosen = preset(falls_back() ? kRecommendedPreset : preset_);
  PresetUse use{chosen.name, chosen.source, {}};
  const Settings instead = falls_back() ? instead_of_recommended_preset() : Settings();
  for (const auto& [field, text] : merged(instead, given_)) {
    const auto original = chosen.settings.find(field);
    if (original == chosen.settings.end() || original->second != text)
      use.differences[field] = text;
  }
  return use;
}

void fail_unknown_flags(const std::set<std::string>& fields, const std::string& where) {
  std::string flags;
  for (const std::string& field : fields) flags += (flags.empty() ? "" : ", ") + flag_name(field);
  throw CLI::ValidationError(flags + ": not a setting of " + where);
}

}  // namespace qprompt::cli
