#include "cli/demo_page.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/demo_figures.h"
#include "cli/html.h"
#include "cli/page.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"

namespace qprompt::cli {
namespace {

namespace fs = std::filesystem;

// The page says what this run measured, so the three methods of the demo must be in its table.
struct Rows {
  BaseToNewRow zero_shot, coop, qcoop;
};

Rows rows_of(const std::vector<BaseToNewRow>& rows) {
  const auto row = [&](const std::string& method) {
    for (const BaseToNewRow& candidate : rows) {
      if (candidate.method == method) return candidate;
    }
    fail("demo page: no runs of ", method);
  };
  return {row("zeroshot"), row("coop"), row("qcoop")};
}

const EncodedMatrix& encoded_context(const PromptFile& prompt) {
  for (const StoredMatrix& matrix : prompt.matrices) {
    if (const auto* encoded = std::get_if<EncodedMatrix>(&matrix.content)) return *encoded;
  }
  fail("demo page: the prompt has no quantized matrix");
}

// "1 run", "3 runs"
std::string counted(std::int64_t count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string percent(double fraction) { return fmt::format("{:.1f}", 100 * fraction); }

std::string figure(const fs::path& picture, const std::string& caption) {
  return fmt::format(
      "      <figure><img src=\"{}\" alt=\"{}\"><figcaption>{}</figcaption></figure>\n",
      data_uri(picture), escape_html(caption), escape_html(caption));
}

// The first picture of each class.
std::string figures(const std::vector<std::string>& class_names, const std::vector<Item>& items) {
  std::string text;
  for (std::size_t label = 0; label < class_names.size(); ++label) {
    for (const Item& item : items) {
      if (static_cast<std::size_t>(item.label) != label) continue;
      text += figure(item.image.path(), class_names[label]);
      break;
    }
  }
  return text;
}

// Points of base, new and H.
std::string differences(const BaseToNewRow& row, const BaseToNewRow& from) {
  return fmt::format("{:+.1f}, {:+.1f}, {:+.1f}", 100 * (row.base.mean - from.base.mean),
                     100 * (row.novel.mean - from.novel.mean),
                     100 * (row.harmonic.mean - from.harmonic.mean));
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

int all_clusterings(const Learned& learned) {
  int clusterings = 0;
  for (const auto& [name, count] : learned.clusterings) clusterings += count;
  return clusterings;
}

std::string fact(const std::string& term, const std::string& description) {
  return fmt::format("        <dt>{}</dt><dd>{}</dd>\n", term, escape_html(description));
}

std::string settings_text(const DemoResult& result) {
  const LearnConfig& learn = result.settings.learn;
  const auto& method = std::get<CoOpConfig>(learn.method);
  return fact("method", fmt::format("CoOp, {} tokens from “{}”", method.n_ctx, method.ctx_init)) +
         fact("quantizer", fmt::format("K-Means, {} bit, quantized while training",
                                       learn.training.quantizer.bits)) +
         fact("shots",
              fmt::format("{} pictures a class, {} views of each", learn.shots, learn.views)) +
         fact("training", fmt::format("{} epochs, batches of {}", learn.training.epochs,
                                      learn.training.batch_size)) +
         fact("optimiser",
              fmt::format("SGD, lr {:g}, momentum {:g}, weight decay {:g}",
                          learn.training.optimizer.lr, learn.training.optimizer.momentum,
                          learn.training.optimizer.weight_decay)) +
         fact("seeds", fmt::format("{}", fmt::join(result.settings.seeds, ", "))) +
         fact("zero-shot", result.settings.zero_shot_template);
}

std::string machine_text(const DemoPlaces& places, const kernels::DeviceInfo& machine,
                         double seconds) {
  return fact("program", fmt::format("qprompt {}", QPROMPT_VERSION)) +
         fact("library", fmt::format("{}, {}", machine.library, machine.instruction_set)) +
         fact("threads", fmt::format("{}", machine.threads)) +
         fact("numbers", fmt::format("{}: {}", enum_name(machine.format), machine.reason)) +
         fact("whole run", fmt::format("{:.1f} s", seconds)) +
         fact("prompt", places.prompt.string()) + fact("model", places.model.string());
}

std::string commands(const DemoPlaces& places) {
  return escape_html(
      fmt::format("qprompt inspect {1}\n"
                  "qprompt classify --model {0} --prompt {1} --classes names.txt picture.png\n"
                  "qprompt train --model openai/clip-vit-base-patch16 --data photos --output run",
                  places.model.string(), places.prompt.string()));
}

using Values = std::map<std::string, std::string>;

void add_counts(const DemoResult& result, Values& values) {
  const BaseToNewResult& table = result.table;
  const auto chance = [](const auto& names) {
    return fmt::format("{:.0f}", 100.0 / static_cast<double>(names.size()));
  };
  values.insert({{"shots", fmt::to_string(result.settings.learn.shots)},
                 {"seed", fmt::to_string(result.settings.seeds.front())},
                 {"all_classes", fmt::to_string(result.dataset.class_names.size())},
                 {"base_classes", fmt::to_string(table.base_classes.size())},
                 {"new_classes", fmt::to_string(table.new_classes.size())},
                 {"base_images", fmt::to_string(table.base_images)},
                 {"new_images", fmt::to_string(table.new_images)},
                 {"base_chance", chance(table.base_classes)},
                 {"new_chance", chance(table.new_classes)}});
}

void add_table(const std::vector<BaseToNewRow>& table, Values& values) {
  const auto [zero_shot, coop, qcoop] = rows_of(table);
  const double ratio =
      static_cast<double>(coop.payload_bytes) / static_cast<double>(qcoop.payload_bytes);
  values.insert({{"runs", counted(qcoop.runs, "run")},
                 {"file_bytes", fmt::to_string(qcoop.file_bytes)},
                 {"payload_bytes", fmt::to_string(qcoop.payload_bytes)},
                 {"fp16_bytes", fmt::to_string(coop.payload_bytes)},
                 {"times_smaller", fmt::format("{:.0f}", ratio)},
                 {"zero_shot_base", percent(zero_shot.base.mean)},
                 {"zero_shot_new", percent(zero_shot.novel.mean)},
                 {"qcoop_base", percent(qcoop.base.mean)},
                 {"qcoop_new", percent(qcoop.novel.mean)},
                 {"versus_zero_shot", differences(qcoop, zero_shot)},
                 {"versus_coop", differences(qcoop, coop)}});
}

void add_pictures(const DemoResult& result, Values& values) {
  const FewShot few =
      few_shot(result.dataset, result.settings.learn.shots, result.settings.seeds.front());
  const Dataset base = subsample_classes(few.dataset, ClassSubset::kBase);
  const Dataset novel = subsample_classes(result.dataset, ClassSubset::kNew);
  values.insert({{"base_pictures", figures(base.class_names, base.train)},
                 {"new_pictures", figures(novel.class_names, novel.test)},
                 {"classified", cards(result.classified)}});
}

void add_prompt(const DemoResult& result, Values& values) {
  const EncodedMatrix& encoded = encoded_context(result.qcoop.prompt);
  const auto& method = std::get<CoOpConfig>(result.settings.learn.method);
  values.insert({{"words", escape_html(method.ctx_init)},
                 {"vectors", fmt::to_string(encoded.rows)},
                 {"width", fmt::to_string(encoded.cols)},
                 {"bits", counted(encoded.bits, "bit")},
                 {"code_counts", fmt::format("{}", fmt::join(code_counts(encoded), " and "))},
                 {"clusterings", counted(all_clusterings(result.qcoop), "time")},
                 {"steps", fmt::to_string(result.qcoop.steps)}});
}

nlohmann::ordered_json page_data(const DemoResult& result) {
  const std::vector<BaseToNewRow> rows = summarize(result.table.runs);
  const EncodedMatrix& encoded = encoded_context(result.qcoop.prompt);
  const Matrix full = qprompt::values(result.coop.prompt).begin()->second;
  nlohmann::ordered_json data;
  data["tables"]["base-to-new"] = as_json(accuracy_table(rows));
  data["figures"] = {{"accuracy", as_json(accuracy_figure(rows))},
                     {"codes", as_json(code_figure(encoded))},
                     {"values", as_json(value_figure(values_of(full), encoded))}};
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
  Values values{{"settings", settings_text(result)},
                {"machine", machine_text(places, machine, seconds)},
                {"commands", commands(places)}};
  add_counts(result, values);
  add_table(summarize(result.table.runs), values);
  add_pictures(result, values);
  add_prompt(result, values);
  return filled_page(kDemoPage, values, page_data(result));
}

}  // namespace qprompt::cli
