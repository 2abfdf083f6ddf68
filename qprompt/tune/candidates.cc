#include "qprompt/tune/candidates.h"

#include <algorithm>
#include <sstream>

#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"

namespace qprompt {
namespace {

struct Entry {
  std::vector<std::string> methods;  // whose probabilities are averaged
  Settings settings{};
};

constexpr const char* kRates[] = {"0.002", "0.01", "0.03"};

Settings rate(const std::string& lr) { return {{"lr", lr}}; }

// New classes are kept by small rates, by few epochs (each is a candidate), by a pull towards the
// frozen texts (KgCoOp), by quantization, by noise; or by leaving the texts as they are and
// learning behind the towers.
std::vector<Entry> for_new_classes() {
  return {{{"qkgcoop"}, rate("0.01")},
          {{"kgcoop"}, rate("0.01")},
          {{"qcoop"}, rate("0.002")},
          {{"coop"}, rate("0.002")},
          {{"qkgcoop"}, rate("0.03")},
          {{"qcoop"}, rate("0.01")},
          {{"qclap"}},
          {{"coop-noise"}, {{"lr", "0.01"}, {"noise", "0.1"}}},
          {{"coop"}, rate("0.01")},
          {{"qkgcoop", "qclap"}, rate("0.01")},
          {{"kgcoop"}, rate("0.03")},
          {{"qcoop"}, rate("0.03")},
          {{"qclip-adapter"}},
          {{"qtip-adapter-f"}},
          {{"qkgcoop"}, rate("0.003")}};
}

// A closed list has pictures of all its classes: what learns from them alone comes first.
std::vector<Entry> for_same_classes() {
  return {{{"qgaussian"}},
          {{"qclass-means"}},
          {{"qcoop"}, rate("0.01")},
          {{"qlinear-probe"}},
          {{"qclap"}},
          {{"qcoop"}, rate("0.03")},
          {{"coop"}, rate("0.01")},
          {{"qtip-adapter-f"}},
          {{"qcoop", "qgaussian"}, rate("0.01")},
          {{"qclip-adapter"}},
          {{"coop"}, rate("0.03")},
          {{"qkgcoop"}, rate("0.01")},
          {{"qcoop", "qclass-means"}, rate("0.01")},
          {{"qcoop"}, rate("0.002")}};
}

std::vector<std::string> methods_in(const std::string& text) {
  constexpr std::string_view kAnd = " & ";
  std::vector<std::string> methods;
  std::size_t first = 0;
  for (std::size_t end = text.find(kAnd); end != std::string::npos; end = text.find(kAnd, first)) {
    methods.push_back(text.substr(first, end - first));
    first = end + kAnd.size();
  }
  methods.push_back(text.substr(first));
  return methods;
}

bool has_rates(const std::string& method) {
  const MethodConfig config =
      default_config(enum_from_name<MethodTag>(settings_of_name(method).at("method")));
  return !learns_on_features(config);
}

// The list, or what a person asks for in its place.
std::vector<Entry> entries_for(TuneGoal goal, const std::vector<std::string>& asked) {
  if (asked.empty()) return goal == TuneGoal::kSame ? for_same_classes() : for_new_classes();
  std::vector<Entry> entries;
  for (const std::string& text : asked) {
    const std::vector<std::string> methods = methods_in(text);
    if (std::ranges::none_of(methods, has_rates)) {
      entries.push_back({methods});
      continue;
    }
    for (const char* lr : kRates) entries.push_back({methods, rate(lr)});
  }
  return entries;
}

// What `given` says of the quantizer is said by the name.
std::string named_as_given(const std::string& method, const Settings& given) {
  const auto quantizer = given.find("quantizer");
  const bool plain = quantizer != given.end() && quantizer->second == "none";
  return plain && method.starts_with('q') ? method.substr(1) : method;
}

class Space {
 public:
  Space(TuneGoal goal, const Settings& given, std::set<std::string>& unknown)
      : goal_(goal), given_(given), unknown_(unknown) {
    for (const auto& [field, text] : given) unknown_.insert(field);
    candidates_.push_back({kZeroShotName});
  }

  void add(const Entry& entry) {
    TuneCandidate candidate;
    std::vector<std::string> methods = entry.methods;
    // The first is what epochs are of.
    std::stable_partition(methods.begin(), methods.end(), has_rates);
    for (const std::string& method : methods) {
      candidate.parts.push_back(part(named_as_given(method, given_), entry.settings));
    }
    candidate.name = name_of(candidate.parts);
    const bool is_there =
        std::ranges::find(candidates_, candidate.name, &TuneCandidate::name) != candidates_.end();
    if (!is_there) candidates_.push_back(std::move(candidate));
  }

  std::vector<TuneCandidate> all() && { return std::move(candidates_); }

 private:
  LearnConfig part(const std::string& method, const Settings& own) {
    const bool on_features = !has_rates(method);
    Settings settings{{"views", "8"}};
    // What a learner on features holds are the classes themselves: one bit is little for them.
    if (on_features && method.starts_with('q')) settings["bits"] = "4";
    for (const auto& [field, text] : own) {
      if (!on_features || field != "lr") settings[field] = text;
    }
    add_words(settings);
    std::set<std::string> unknown;
    LearnConfig config = named_config(method, merged(settings, given_), unknown);
    std::erase_if(unknown_, [&](const std::string& field) { return !unknown.contains(field); });
    require(!needs_validation(config.training),
            "tune chooses epochs on held-out classes: best_val, best_or_zero_shot, patience and "
            "automatic bits have no place in it");
    require(goal_ == TuneGoal::kSame || takes_new_classes(config.method), "'", method,
            "' has no answer for classes that it did not learn; --for same asks about no others");
    return config;
  }

  // Words that a prompt shall start from are those of fixed texts, too.
  void add_words(Settings& settings) const {
    const auto words = given_.find("ctx_init");
    if (words == given_.end() || words_in(words->second) == 0) return;
    LearnConfig like;
    std::get<CoOpConfig>(like.method).ctx_init = words->second;
    settings["text_template"] = settings["anchor"] = zero_shot_template(like);
  }

  static std::string name_of(const std::vector<LearnConfig>& parts) {
    std::string name;
    for (const LearnConfig& part : parts) {
      name += (name.empty() ? "" : " & ") + qprompt::name_of(part);
      if (learns_on_features(part.method)) continue;
      std::ostringstream rate;
      rate << part.training.optimizer.lr;
      name += " lr=" + rate.str();
    }
    return name;
  }

  TuneGoal goal_;
  const Settings& given_;
  std::set<std::string>& unknown_;  // fields of `given` that no candidate has had yet
  std::vector<TuneCandidate> candidates_;
};

}  // namespace

std::vector<TuneCandidate> candidates_for(TuneGoal goal, const std::vector<std::string>& methods,
                                          const Settings& given, std::set<std::string>& unknown) {
  Space space(goal, given, unknown);
  for (const Entry& entry : entries_for(goal, methods)) space.add(entry);
  return std::move(space).all();
}

}  // namespace qprompt
