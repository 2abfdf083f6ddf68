#pragma once

#include <map>
#include <set>
#include <span>
#include <string>

#include "qprompt/core/export.h"
#include "qprompt/train/learn.h"

namespace qprompt {

// Fields of a LearnConfig and of its method by name, with their values as text: what flags and
// presets are. "method" is one of them.
using Settings = std::map<std::string, std::string>;

// A LearnConfig with these settings, the others as they are by default. Names that neither it nor
// its method has are put into `unknown`. A context takes as many tokens as its words have, unless
// n_ctx is among the settings; another n_ctx than the default words have asks for a random start.
// Methods may have defaults of their own (method_defaults), and without steps none of the settings
// of steps.
QPROMPT_API LearnConfig configured(const Settings& settings, std::set<std::string>& unknown);

// Throws Error for a name that no method has, with the nearest, and for text that is no value of
// it.
void require_setting(const std::string& name, const std::string& text);

// Where the training settings of a method are not those of prompt learning: what its publication
// has.
Settings method_defaults(MethodTag method);

// Whether it is the name of a method that says this quantizer ("coop", "coop-noise"): a setting
// that says so as well would make the name untrue.
bool is_said_by_names(const std::string& quantizer);

// Published settings under a name.
struct Preset {
  std::string name;
  std::string source;  // where the numbers come from
  Settings settings;
};
std::span<const Preset> presets();
const Preset& preset(const std::string& name);  // Error with the names there are

// What is learned with where nobody names a preset: QCoOp's, but for views that are kept, and an
// epoch that is at least as good as zero-shot.
inline constexpr char kRecommendedPreset[] = "qcoop-base2new";
const Settings& instead_of_recommended_preset();
// Whether these settings leave the method to the recommendation, or name its own.
bool follow_recommendation(const Settings& given);
// They over what is recommended, where they follow it.
QPROMPT_API Settings recommended(const Settings& given);

// The tables' names of methods: [q]METHOD[+REGULARIZER] or METHOD-noise, such as "coop", "qmaple",
// "qcoop+kgcoop", "ivlp+promptsrc", "coop-noise"; q stands for quantized. "kgcoop", "prograd" and
// "promptsrc" are short for the method they were published with, "language" for deep language
// prompts. Gives the settings that a name decides; Error for another name.
Settings settings_of_name(const std::string& name);

// The name in the tables of what a configuration learns; settings_of_name() takes it back.
std::string name_of(const LearnConfig& config);

// A method by its name in the tables, settled with the other settings: q says that it is quantized,
// a setting may say how. Settings that the method does not have go into `unknown`.
LearnConfig named_config(const std::string& name, const Settings& settings,
                         std::set<std::string>& unknown);

// `over` where it says something, else `under`.
Settings merged(const Settings& under, const Settings& over);

}  // namespace qprompt
