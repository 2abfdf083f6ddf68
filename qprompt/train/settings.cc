#include "qprompt/train/settings.h"

#include <algorithm>
#include <string_view>

#include "qprompt/core/error.h"
#include "qprompt/core/field_text.h"
#include "qprompt/core/nearest.h"

namespace qprompt {
namespace {

// Context length and words fit each other where only one of them was asked for.
template <typename Config>
void settle_context(Config& config, const Settings& settings) {
  if constexpr (StartsFromWords<Config>) {
    const bool words_given = settings.contains("ctx_init");
    const bool length_given = settings.contains("n_ctx");
    const int words = words_in(config.ctx_init);
    if (length_given && !words_given && !words_fit(config)) config.ctx_init.clear();
    if (words_given && !length_given && words > 0) {
      config.n_ctx = Config::kLearnsAllWords ? words : std::min(config.n_ctx, words);
    }
  }
}

template <typename Config>
bool has_field(const std::string& field) {
  bool found = false;
  Config{}.visit_fields([&](const std::string& name, auto&&...) { found |= name == field; });
  return found;
}

// What a training says of its steps. That there is no regularizer is true without them too.
bool is_of_steps(const std::string& field, const std::string& text) {
  if (field == "regularizer" && text == enum_name(RegularizerKind::kNone)) return false;
  return has_field<TrainingConfig>(field) && !has_field<QuantizerConfig>(field);
}

// False where neither the run nor its method has such a field.
bool set_in(LearnConfig& config, const std::string& field, const std::string& text) {
  return set_field(config, field, text) ||
         std::visit([&](auto& method) { return set_field(method, field, text); }, config.method);
}

}  // namespace

LearnConfig configured(const Settings& settings, std::set<std::string>& unknown) {
  LearnConfig config;
  if (const auto method = settings.find("method"); method != settings.end()) {
    config.method = default_config(enum_from_name<MethodTag>(method->second));
  }
  for (const auto& [field, text] : method_defaults(method_tag(config.method))) {
    set_in(config, field, text);
  }
  const bool has_steps = learns_by_steps(config.method);
  for (const auto& [field, text] : settings) {
    if (field == "method") continue;
    const bool is_known = set_in(config, field, text);
    if (!is_known || (!has_steps && is_of_steps(field, text))) unknown.insert(field);
  }
  std::visit([&](auto& method) { settle_context(method, settings); }, config.method);
  require_valid(config);  // an Error now rather than after features are there
  return config;
}

void require_setting(const std::string& name, const std::string& text) {
  std::vector<std::string> names{"method"};
  const auto collect = [&](const std::string& field, auto&, const auto&) {
    if (std::find(names.begin(), names.end(), field) == names.end()) names.push_back(field);
  };
  LearnConfig config;
  bool known = name == "method" || set_field(config, name, text);
  config.visit_fields(collect);
  for (std::size_t tag = 0; tag < std::variant_size_v<MethodConfig>; ++tag) {
    MethodConfig method = default_config(static_cast<MethodTag>(tag));
    std::visit(
        [&](auto& fields) {
          known = set_field(fields, name, text) || known;
          fields.visit_fields(collect);
        },
        method);
  }
  if (!known) fail("setting ", none_of(name, names));
}

namespace {

const Settings kShortNames{
    {"kgcoop", "coop+kgcoop"}, {"prograd", "coop+prograd"}, {"promptsrc", "ivlp+promptsrc"}};

[[noreturn]] void fail_unknown_name(const std::string& name) {
  std::string methods;
  for (const char* method : enum_names(MethodTag{})) methods += std::string(method) + ", ";
  fail("method '", name, "', expected zeroshot, ", methods,
       "language, kgcoop, prograd or promptsrc, or tuned; q before it quantizes (qcoop), -noise "
       "behind it "
       "adds noise, and +kgcoop, +prograd or +promptsrc a regularizer");
}

template <typename Enum>
bool is_name_of(const std::string& name) {
  const auto names = enum_names(Enum{});
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Settings settings_of_name(const std::string& name) {
  constexpr std::string_view kNoise = "-noise";
  std::string method = name;
  Settings settings{{"quantizer", "none"}, {"regularizer", "none"}};
  if (method.ends_with(kNoise)) {
    method.resize(method.size() - kNoise.size());
    settings["quantizer"] = "noise";
  } else if (method.starts_with('q')) {
    method.erase(0, 1);
    settings["quantizer"] = "kmeans";
  }
  if (const auto whole = kShortNames.find(method); whole != kShortNames.end()) {
    method = whole->second;
  }
  if (const auto plus = method.find('+'); plus != std::string::npos) {
    settings["regularizer"] = method.substr(plus + 1);
    method.resize(plus);
  }
  if (method == "language") {
    method = "ivlp";
    settings["n_ctx_vision"] = "0";
  }
  if (!is_name_of<MethodTag>(method) || !is_name_of<RegularizerKind>(settings["regularizer"])) {
    fail_unknown_name(name);
  }
  settings["method"] = method;
  return settings;
}

bool is_said_by_names(const std::string& quantizer) {
  return quantizer == enum_name(QuantizerKind::kNone) ||
         quantizer == enum_name(QuantizerKind::kNoise);
}

std::string name_of(const LearnConfig& config) {
  std::string name = enum_name(method_tag(config.method));
  const auto* ivlp = std::get_if<IvlpConfig>(&config.method);
  if (ivlp != nullptr && ivlp->n_ctx_vision == 0) name = "language";
  const RegularizerKind regularizer = config.training.regularizer.kind;
  if (regularizer != RegularizerKind::kNone) name += "+" + enum_name(regularizer);
  for (const auto& [brief, whole] : kShortNames) {
    if (name == whole) name = brief;
  }
  const QuantizerKind quantizer = config.training.quantizer.kind;
  if (has_codebook(quantizer)) return "q" + name;
  return quantizer == QuantizerKind::kNoise ? name + "-noise" : name;
}

LearnConfig named_config(const std::string& name, const Settings& settings,
                         std::set<std::string>& unknown) {
  Settings named = settings_of_name(name);
  // q says that it is quantized; how, a flag may say.
  const auto quantizer = settings.find("quantizer");
  if (named["quantizer"] == "kmeans" && quantizer != settings.end() &&
      quantizer->second != "none") {
    named["quantizer"] = quantizer->second;
  }
  return configured(merged(settings, named), unknown);
}

Settings merged(const Settings& under, const Settings& over) {
  Settings both = over;
  both.insert(under.begin(), under.end());
  return both;
}

const Preset& preset(const std::string& name) {
  std::string names;
  for (const Preset& preset : presets()) {
    if (preset.name == name) return preset;
    names += (names.empty() ? "" : ", ") + preset.name;
  }
  fail("preset '", name, "', expected one of ", names);
}

}  // namespace qprompt
