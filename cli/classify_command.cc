#include <malloc.h>

#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/classify_report.h"
#include "cli/classify_stdin.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/notices.h"
#include "cli/output.h"
#include "cli/paths.h"
#include "cli/progress.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/data/class_names.h"
#include "qprompt/data/image_folder.h"
#include "qprompt/data/templates.h"
#include "qprompt/features/feature_store.h"
#include "qprompt/inference/classifier.h"
#include "qprompt/run/record.h"
#include "qprompt/run/run_folder.h"

namespace qprompt::cli {
namespace {

constexpr char kClassifyExamples[] = R"(Examples:
  qprompt classify --model M --prompt run photo.jpg
  qprompt classify --model M --prompt run --top 3 --min-confidence 0.5 --csv table.csv photos
  qprompt classify --model M --prompt run --classes other_names.txt --json - a.jpg b.png
  qprompt classify --model M --classes names.txt --template "a photo of a {}." photos
  find photos -name '*.jpg' | qprompt classify --model M --prompt run --stdin
A folder stands for the images in it, at any depth. Without --prompt: zero-shot.)";

// Results appear after each portion: soon enough to watch, seldom enough to keep the tower busy.
constexpr std::size_t kPortion = 128;

struct ClassifyArguments {
  ModelArguments model;
  FeatureArguments features;
  JsonArgument json;
  OutputArgument csv;
  OverwriteArgument overwrite;
  ClassifyOptions options;
  std::string prompt, classes, unknown;
  std::vector<std::string> templates{"a photo of a {}."};
  std::vector<std::string> images;
  bool from_stdin = false;
  ExifArgument exif;

  bool prints_lines() const { return !json.to_stdout() && !csv.to_stdout(); }
};

void require_consistent(const ClassifyArguments& arguments) {
  if (arguments.prompt.empty() && arguments.classes.empty()) {
    throw CLI::ValidationError("--prompt P is required, or --classes names.txt for zero-shot");
  }
  if (arguments.images.empty() && !arguments.from_stdin) {
    throw CLI::ValidationError("images are required, or --stdin");
  }
  if (arguments.json.to_stdout() && arguments.csv.to_stdout()) {
    throw CLI::ValidationError("--json - and --csv - exclude each other");
  }
}

// What is to be answered, known before the model is read.
struct Question {
  std::optional<PromptFile> prompt;  // none: zero-shot
  std::vector<std::string> class_names;
  ListedImages images;
  std::optional<double> min_known_score;
};

void tell_images(const Question& question) {
  const std::size_t count = question.images.paths.size();
  const std::string ignored = counts_text(question.images.ignored);
  tell("{} image{}, asked among {} classes{}", count, count == 1 ? "" : "s",
       question.class_names.size(), ignored.empty() ? "" : "; ignored: " + ignored);
  for (const std::string& line : question.images.unreadable) tell("skipped: {}", line);
}

// Held-out images scored among the classes that were learned, so it is a threshold among those.
double least_known_score(const ClassifyArguments& arguments, const std::filesystem::path& prompt) {
  const double threshold = naming(prompt.string(), [&] {
    return threshold_of(unknown_rule(arguments.unknown), held_out_scores_of(prompt));
  });
  tell("unknown is what scores below {:.4f} ({})", threshold, arguments.unknown);
  return threshold;
}

Question question_of(const ClassifyArguments& arguments) {
  Question question;
  const std::filesystem::path path = prompt_path(arguments.prompt);
  if (!arguments.prompt.empty()) question.prompt = load_prompt_file(path);
  question.class_names = class_names_for(path, arguments.classes);
  if (!arguments.unknown.empty()) question.min_known_score = least_known_score(arguments, path);
  if (arguments.from_stdin) {
    tell("images from stdin, asked among {} classes", question.class_names.size());
  } else {
    question.images = listed_images(arguments.images, arguments.features.skip_bad_images);
    tell_images(question);
  }
  tell_names(question.class_names);
  return question;
}

// Turned as the camera says, unless the flag or the prompt say otherwise.
Orientation orientation(const ClassifyArguments& arguments, const Question& question) {
  const auto of_prompt = orientation_of(question.prompt ? question.prompt->exif : std::nullopt);
  return arguments.exif.orientation.value_or(of_prompt.value_or(Orientation::kUpright));
}

std::vector<ImageSource> images_of(const ClassifyArguments& arguments, const Question& question) {
  const Orientation asked = orientation(arguments, question);
  std::vector<ImageSource> images;
  for (const auto& path : question.images.paths) {
    images.push_back(ImageSource(path).with(asked));
  }
  return images;
}

AdaptedModel adapted_model(const ClassifyArguments& arguments, const Model& model,
                           const Question& question) {
  if (!question.prompt) {
    return AdaptedModel::zero_shot(model, templates_of(arguments.templates), question.class_names);
  }
  return naming(prompt_path(arguments.prompt).string(), [&] {
    return AdaptedModel(model, *question.prompt, question.class_names, arguments.features.store());
  });
}

ClassifyOptions options_of(const ClassifyArguments& arguments, const Question& question) {
  ClassifyOptions options = arguments.options;
  options.min_known_score = question.min_known_score;
  options.features = arguments.features.options("images");
  return options;
}

// Classifies portion by portion and prints each. SIGINT leaves the finished ones in `results`.
void classify_portions(const ClassifyArguments& arguments, const Question& question,
                       const AdaptedModel& model, std::span<const ImageSource> images,
                       std::vector<Classification>& results) {
  Progress progress("images", "images");
  ClassifyOptions options = options_of(arguments, question);
  options.features.progress = [&](const FeatureProgress& now) {
    progress.update(static_cast<Index>(results.size()) + now.done, std::ssize(images));
  };
  while (results.size() < images.size()) {
    const auto rest = images.subspan(results.size());
    const std::vector<Classification> portion =
        classify(model, rest.first(std::min(kPortion, rest.size())), options);
    progress.clear();
    if (arguments.prints_lines()) print("{}", lines_text(portion));
    finish_stdout();
    results.insert(results.end(), portion.begin(), portion.end());
  }
}

nlohmann::ordered_json report_of(const ClassifyArguments& arguments, const Question& question,
                                 const AdaptedModel& model,
                                 const std::vector<Classification>& results) {
  nlohmann::ordered_json report = record_header("classify", model.model());
  nlohmann::ordered_json& settings = report["settings"];
  if (arguments.prompt.empty()) {
    settings["templates"] = arguments.templates;
  } else {
    settings["prompt"] = arguments.prompt;
  }
  settings["top"] = arguments.options.top_k;
  settings["min_confidence"] = arguments.options.min_confidence;
  settings["unknown"] = arguments.unknown;
  settings["min_known_score"] =
      question.min_known_score ? nlohmann::ordered_json(*question.min_known_score) : nullptr;
  report["data"] = {{"images", question.images.paths.size()},
                    {"ignored", question.images.ignored},
                    {"unreadable", question.images.unreadable},
                    {"notices", doubts_about_names(question.class_names)}};
  report["class_names"] = model.class_names();
  report.update(as_json(results));
  report["interrupted"] = interrupted();
  return report;
}

void require_writable(const ClassifyArguments& arguments) {
  arguments.overwrite.require_writable({arguments.json.path, arguments.csv.path},
                                       joined({arguments.images,
                                               arguments.model.inputs(),
                                               inputs_of_prompt(arguments.prompt),
                                               {arguments.classes},
                                               arguments.templates}));
}

void answer_stdin(const ClassifyArguments& arguments, const Question& question) {
  const Model model = arguments.model.load(TowerUse::kOften);
  ClassifyOptions options = options_of(arguments, question);
  options.features.skip_bad_images = false;  // each has its answer
  options.features.progress = nullptr;
  classify_stdin(adapted_model(arguments, model, question), orientation(arguments, question),
                 options);
}

// What one layer's weights leave serves the next one's: given back to the system it would come
// again as fresh pages, which cost more than what is written to them.
void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

void answer_images(const ClassifyArguments& arguments, const Question& question) {
  const std::vector<ImageSource> images = images_of(arguments, question);
  keep_freed_memory();
  const AdaptedModel model =
      adapted_model(arguments, arguments.model.load(TowerUse::kOnce), question);
  std::vector<Classification> results;
  try {
    classify_portions(arguments, question, model, images, results);
  } catch (const Interrupted&) {
    tell("interrupted: {} of {} images finished", results.size(), images.size());
  }
  tell_skipped(damages(results));
  arguments.json.write([&] { return report_of(arguments, question, model, results); });
  arguments.csv.write(csv_text(results));
}

void run_classify(const ClassifyArguments& arguments) {
  require_consistent(arguments);
  require_writable(arguments);
  const Question question = question_of(arguments);
  if (arguments.from_stdin) {
    answer_stdin(arguments, question);
  } else {
    answer_images(arguments, question);
  }
}

void add_source_flags(CLI::App& command, ClassifyArguments& arguments) {
  CLI::Option* prompt =
      command.add_option("--prompt", arguments.prompt, "prompt file or run folder")->type_name("P");
  command
      .add_option("--classes", arguments.classes,
                  "file with one class name a line; default: those that train remembered")
      ->type_name("NAMES");
  command
      .add_option("--template", arguments.templates,
                  "zero-shot: a sentence with {} for the class name, imagenet-7, imagenet-80 or "
                  "a file of templates; several are averaged")
      ->allow_extra_args(false)
      ->excludes(prompt)
      ->capture_default_str();
}

void add_unknown_flag(CLI::App& command, ClassifyArguments& arguments) {
  command
      .add_option("--unknown", arguments.unknown,
                  "\"(unknown)\" where the picture is probably of none of the classes: auto keeps "
                  "95 % of the run's held-out images; coverage=SHARE keeps that share of them, "
                  "precision=SHARE answers with that share right")
      ->check([](const std::string& text) {
        try {
          unknown_rule(text);
        } catch (const Error& error) {
          return std::string(error.what());
        }
        return std::string();
      })
      ->type_name("auto|coverage=X|precision=X")
      ->needs("--prompt")
      ->excludes("--classes");
}

void add_image_arguments(CLI::App& command, ClassifyArguments& arguments) {
  CLI::Option* images =
      command.add_option("images", arguments.images, "files, and folders searched for images")
          ->type_name("IMAGE");
  command
      .add_flag("--stdin", arguments.from_stdin,
                "images are the lines of stdin; each is answered at once by a line of JSON")
      ->excludes(images)
      ->excludes("--json")
      ->excludes("--csv");
}

void add_result_flags(CLI::App& command, ClassifyArguments& arguments) {
  command.add_option("--top", arguments.options.top_k, "how many classes are shown for an image")
      ->check(CLI::Range(1, 1000000))
      ->type_name("K")
      ->capture_default_str();
  command
      .add_option("--min-confidence", arguments.options.min_confidence,
                  "\"(unsure)\" where the best probability, 0..1, is below this")
      ->check([](const std::string& text) {
        const std::string wrong = CLI::Range(0.0, 1.0)(text);
        return wrong.empty() ? "" : text + " is no probability, expected 0 to 1 (0.6 for 60 %)";
      })
      ->type_name("X")
      ->capture_default_str();
  add_unknown_flag(command, arguments);
  arguments.json.add_to(command);
  arguments.overwrite.add_to(command);
  command
      .add_option("--csv", arguments.csv.path,
                  "write " + std::string(kColumns) + " here; -: to stdout, nothing else")
      ->type_name("FILE");
}

}  // namespace

void add_classify_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("classify", "name what images show")->footer(kClassifyExamples);
  auto arguments = std::make_shared<ClassifyArguments>();
  arguments->model.add_to(*command);
  add_source_flags(*command, *arguments);
  add_result_flags(*command, *arguments);
  arguments->exif.add_to(*command);
  arguments->features.add_to(*command);
  add_image_arguments(*command, *arguments);
  show_first(*command, {"model", "prompt", "classes", "template", "top", "min-confidence",
                        "unknown", "stdin", "json", "csv", "force"});
  command->callback([arguments] { run_classify(*arguments); });
}

}  // namespace qprompt::cli
