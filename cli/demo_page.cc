#include "cli/demo_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "cli/demo_figures.h"
#include "cli/html.h"
#include "cli/page.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/report/accuracy_tables.h"
#include "qprompt/report/curves.h"

namespace qprompt::cli {
namespace {

namespace fs = std::filesystem;

using report::Group;
using report::kBase;
using report::kH;
using report::kNew;

std::string method_title(const std::string& method) {
  if (method == "zeroshot") return "zero-shot";
  if (method == "coop") return "CoOp, as published";
  if (method == kTunedName) return "tuned, 1 bit";
  return method;
}

// Under the names that the page writes.
std::vector<report::RunRecord> titled(std::vector<report::RunRecord> runs) {
  for (report::RunRecord& run : runs) run.label = method_title(run.method);
  return runs;
}

// The page says what the runs measured, so the three methods of the demo must be among them.
const Group& group_of(std::span<const Group> groups, const std::string& method) {
  const auto found = std::ranges::find(groups, method, &Group::method);
  require(found != groups.end(), "demo page: no runs of ", method);
  return *found;
}

const report::TargetRecord& target_of(const Group& group, const std::string& name) {
  const report::TargetRecord* target = group.runs.front()->target(name);
  require(target != nullptr, "demo page: a run without ", name, " classes");
  return *target;
}

// Nothing where zero-shot was chosen, which is not quantized.
const EncodedMatrix* encoded_context(const PromptFile& prompt) {
  for (const StoredMatrix& matrix : prompt.matrices) {
    if (const auto* encoded = std::get_if<EncodedMatrix>(&matrix.content)) return encoded;
  }
  return nullptr;
}

// "1 run", "3 runs"
std::string counted(std::int64_t count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// Per cent.
double mean(const Group& group, const std::string& measure) {
  const auto value = report::mean_of(group, measure);
  require(value.has_value(), "demo page: a run of ", group.label, " without ", measure);
  return value->mean;
}

std::string mean_text(const Group& group, const std::string& measure) {
  return fmt::format("{:.1f}", mean(group, measure));
}

std::string figure(const fs::path& picture, const std::string& caption) {
  return fmt::format(
      "      <figure><img src=\"{}\" alt=\"{}\"><figcaption>{}</figcaption></figure>\n",
      data_uri(picture), escape_html(caption), escape_html(caption));
}

// The first picture of each class.
std::string figures(const std::vector<std::string>& class_names, const std::vector<Item>& items) {
  std::string text;
  for (const Item& item : first_of_each_class(items, class_names.size())) {
    text += figure(item.image.path(), class_names.at(item.label));
  }
  return text;
}

// Points of base, new and H.
std::string differences(const Group& group, const Group& from) {
  const auto points = [&](const char* name) { return mean(group, name) - mean(from, name); };
  return fmt::format("{:+.1f}, {:+.1f}, {:+.1f}", points(kBase), points(kNew), points(kH));
}

std::string card(const ClassifiedPicture& picture, std::size_t number) {
  const bool right = picture.learned.scores.front().class_name == picture.true_class;
  const ClassScore& zero_shot = picture.zero_shot.scores.front();
  const std::string truth = escape_html(picture.true_class);
  return fmt::format(
      "      <div class=\"card\"><img src=\"{}\" alt=\"{}\">\n"
      "        <div data-figure=\"scores-{}\"></div>\n"
      "        <p>It is a <b>{}</b>: {}. Zero-shot says {} ({:.1f}&nbsp;%).</p></div>\n",
      data_uri(picture.learned.image), truth, number, truth, right ? "right" : "wrong",
      escape_html(zero_shot.class_name), 100 * zero_shot.probability);
}

std::string cards(const std::vector<ClassifiedPicture>& pictures) {
  std::string text;
  for (std::size_t i = 0; i < pictures.size(); ++i) text += card(pictures[i], i);
  return text;
}

std::string fact(const std::string& term, const std::string& description) {
  return fmt::format("        <dt>{}</dt><dd>{}</dd>\n", term, escape_html(description));
}

std::string seeds_text(const DemoResult& result) {
  std::set<std::uint64_t> seeds;
  for (const report::RunRecord& run : result.records.runs) {
    if (!run.is_zero_shot()) seeds.insert(run.seed);
  }
  return fmt::format("{}", fmt::join(seeds, ", "));
}

std::string choices_text(const DemoResult& result) {
  std::string text;
  for (const DemoChoice& choice : result.choices) {
    text += fmt::format("{}seed {}: {}", text.empty() ? "" : "; ", choice.seed, choice.chosen);
  }
  return text;
}

std::string settings_text(const DemoResult& result) {
  const LearnConfig& learn = result.coop_config;
  const auto& method = std::get<CoOpConfig>(learn.method);
  const TrainingConfig& training = learn.training;
  return fact("prompts", fmt::format("{} tokens from “{}”", method.n_ctx, method.ctx_init)) +
         fact("shots",
              fmt::format("{} pictures a class, {} views of each", learn.shots, learn.views)) +
         fact("tuned", choices_text(result)) +
         fact("CoOp", fmt::format("{} epochs, batches of {}, SGD, lr {:g}", training.epochs,
                                  training.batch_size, training.optimizer.lr)) +
         fact("seeds", seeds_text(result)) + fact("zero-shot", result.zero_shot_template);
}

std::string machine_text(const DemoResult& result, const DemoPlaces& places,
                         const kernels::DeviceInfo& machine, double seconds) {
  const std::string runs = counted(std::ssize(result.records.runs), "run");
  return fact("program", fmt::format("qprompt {}", QPROMPT_VERSION)) +
         fact("library", fmt::format("{}, {}", machine.library, machine.instruction_set)) +
         fact("threads", fmt::format("{}", machine.threads)) +
         fact("numbers", fmt::format("{}: {}", enum_name(machine.format), machine.reason)) +
         fact("this page",
              fmt::format("{:.1f} s; of {}, {} were there before", seconds, runs, result.found)) +
         fact("prompt", places.prompt.string()) + fact("records", places.records.string()) +
         fact("model", places.model.string());
}

std::string commands(const DemoPlaces& places) {
  return escape_html(
      fmt::format("qprompt inspect {1}\n"
                  "qprompt classify --model {0} --prompt {1} --classes names.txt picture.png\n"
                  "qprompt report {2} --output report\n"
                  "qprompt train --model openai/clip-vit-base-patch16 --data photos --output run",
                  places.model.string(), places.prompt.string(), places.records.string()));
}

using Values = std::map<std::string, std::string>;

void add_counts(const DemoResult& result, const Group& group, Values& values) {
  const auto chance = [](const auto& names) {
    return fmt::format("{:.0f}", 100.0 / static_cast<double>(names.size()));
  };
  const report::TargetRecord &base = target_of(group, kBase), &novel = target_of(group, kNew);
  values.insert({{"shots", fmt::to_string(result.coop_config.shots)},
                 {"seed", fmt::to_string(result.coop_config.seed)},
                 {"all_classes", fmt::to_string(result.data->dataset.class_names.size())},
                 {"base_classes", fmt::to_string(base.class_names.size())},
                 {"new_classes", fmt::to_string(novel.class_names.size())},
                 {"base_images", fmt::to_string(base.images)},
                 {"new_images", fmt::to_string(novel.images)},
                 {"base_chance", chance(base.class_names)},
                 {"new_chance", chance(novel.class_names)}});
}

void add_table(const DemoResult& result, std::span<const Group> groups, Values& values) {
  const Group& zero_shot = group_of(groups, "zeroshot");
  const Group &coop = group_of(groups, "coop"), &tuned = group_of(groups, kTunedName);
  values.insert({{"runs", counted(std::ssize(tuned.runs), "run")},
                 {"payload_bytes", fmt::to_string(payload_size(result.tuned.prompt))},
                 {"fp16_bytes", fmt::to_string(payload_size(result.coop.prompt))},
                 {"zero_shot_base", mean_text(zero_shot, kBase)},
                 {"zero_shot_new", mean_text(zero_shot, kNew)},
                 {"tuned_base", mean_text(tuned, kBase)},
                 {"tuned_new", mean_text(tuned, kNew)},
                 {"versus_zero_shot", differences(tuned, zero_shot)},
                 {"versus_coop", differences(tuned, coop)}});
}

void add_pictures(const DemoResult& result, Values& values) {
  const Dataset& dataset = result.data->dataset;
  const FewShot few = few_shot(dataset, result.coop_config.shots, result.coop_config.seed);
  const Dataset base = subsample_classes(few.dataset, ClassSubset::kBase);
  const Dataset novel = subsample_classes(dataset, ClassSubset::kNew);
  values.insert({{"base_pictures", figures(base.class_names, base.train)},
                 {"new_pictures", figures(novel.class_names, novel.test)},
                 {"classified", cards(result.classified)}});
}

std::string prompt_text(const DemoResult& result, const EncodedMatrix* encoded) {
  const auto& words = std::get<CoOpConfig>(result.coop_config.method).ctx_init;
  if (encoded == nullptr) {
    return fmt::format(
        "Nothing that was tried on the base classes of this seed was better than zero-shot beyond "
        "chance, so the prompt is what the words “{}” are.",
        escape_html(words));
  }
  return fmt::format(
      "The words “{}” became {} learned vectors of {} numbers that stand before every class name. "
      "Each number takes {}, and a codebook says what they stand for: what you see on the left is "
      "the whole prompt, a band for each vector. The codes occur {} times; the codebook was fitted "
      "{} in {} steps.",
      escape_html(words), encoded->rows, encoded->cols, counted(encoded->bits, "bit"),
      fmt::join(code_counts(*encoded), " and "), counted(result.tuned.clusterings, "time"),
      result.tuned.steps);
}

void add_prompt(const DemoResult& result, Values& values) {
  const EncodedMatrix* encoded = encoded_context(result.tuned.prompt);
  values.insert({{"file_bytes", fmt::to_string(to_bytes(result.tuned.prompt).size())},
                 {"prompt", prompt_text(result, encoded)},
                 {"codes", encoded == nullptr ? "" : "<div data-figure=\"codes\"></div>"}});
}

nlohmann::ordered_json page_data(const DemoResult& result, std::span<const Group> groups) {
  const EncodedMatrix* encoded = encoded_context(result.tuned.prompt);
  const Matrix full = qprompt::values(result.coop.prompt).begin()->second;
  nlohmann::ordered_json data;
  data["tables"]["base-to-new"] = as_json(report::accuracy_table(groups));
  data["figures"] = {{"accuracy", as_json(report::ranges_figure(groups))},
                     {"values", as_json(value_figure(values_of(full), encoded))}};
  if (encoded != nullptr) data["figures"]["codes"] = as_json(code_figure(*encoded));
  for (std::size_t i = 0; i < result.classified.size(); ++i) {
    const ClassifiedPicture& picture = result.classified[i];
    data["figures"][fmt::format("scores-{}", i)] =
        as_json(score_figure(picture.learned.scores, picture.true_class));
  }
  return data;
}

}  // namespace

std::string demo_page(const DemoResult& result, const DemoPlaces& places,
                      const kernels::DeviceInfo& machine, double seconds) {
  const std::vector<report::RunRecord> runs = titled(result.records.runs);
  const std::vector<Group> groups = report::groups_of(runs);
  Values values{{"settings", settings_text(result)},
                {"machine", machine_text(result, places, machine, seconds)},
                {"commands", commands(places)}};
  add_counts(result, group_of(groups, kTunedName), values);
  add_table(result, groups, values);
  add_pictures(result, values);
  add_prompt(result, values);
  return filled_page(kDemoPage, values, page_data(result, groups));
}

}  // namespace qprompt::cli
