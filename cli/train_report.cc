#include "cli/train_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/console.h"
#include "cli/evaluate_report.h"
#include "qprompt/core/fields.h"
#include "qprompt/run/run_folder.h"

namespace qprompt::cli {
namespace {

// Of one fold nobody knows the spread.
std::string share_text(const MeanAndError& value, std::size_t folds) {
  const std::string mean = fmt::format("{:.1f}", 100 * value.mean);
  return folds < 2 ? mean + " %" : fmt::format("{} ± {:.1f} %", mean, 100 * value.error);
}

// "learned classes 55.2 ± 0.8 %, others 61.0 ± 1.2 %, harmonic mean 58.0 ± 0.9 %"
std::string expectation_text(const Expectation& expectation, TuneGoal goal, std::size_t folds) {
  const std::string text = "learned classes " + share_text(expectation.learned, folds);
  if (goal == TuneGoal::kSame) return text;
  return text + ", others " + share_text(expectation.novel, folds) + ", harmonic mean " +
         share_text(expectation.score, folds);
}

void tell_failures(const TuneResult& tuned) {
  for (std::size_t c = 0; c < tuned.failures.size(); ++c) {
    if (tuned.failures[c].empty()) continue;
    tell("notice: {} was left out: {}", tuned.candidates[c].name, tuned.failures[c]);
  }
}

void tell_doubts(const TuneResult& tuned, std::size_t folds) {
  if (folds < 2) {
    tell(
        "notice: the budget ended within the first fold, so nothing is known of the spread; a "
        "larger --budget tells more");
  }
  if (tuned.is_zero_shot()) {
    tell(
        "notice: nothing that was tried beats zero-shot by more than the folds spread, so the "
        "prompt is zero-shot's; more images a class, or words that say what the pictures are "
        "(--ctx-init \"a satellite photo of\"), may change that");
  } else if (tuned.expected.score.mean <= tuned.zero_shot.score.mean) {
    tell(
        "notice: what is chosen without a fold is no better on it than zero-shot, so this choice "
        "may be luck; --rule one_se changes less, more images a class tell more");
  }
}

void show_choice(const TuneResult& tuned, TuneGoal goal) {
  const std::size_t folds = tuned.tables.front().folds.size();
  const std::string tried = fmt::format(
      "{} candidates, {} fold{}, {:.0f} s{}", tuned.candidates.size(), folds, folds == 1 ? "" : "s",
      tuned.seconds, tuned.within_budget ? "" : ", all of the budget");
  const auto epoch = tuned.epoch();
  print("chosen: {}{} ({})\n", tuned.chosen().name,
        epoch ? fmt::format(", epoch {}", *epoch) : std::string(), tried);
  if (!tuned.is_zero_shot()) {
    print("expected: {}\n", expectation_text(tuned.expected, goal, folds));
  }
  print("zero-shot on the same images: {}\n", expectation_text(tuned.zero_shot, goal, folds));
  tell_failures(tuned);
  tell_doubts(tuned, folds);
}

// An accuracy is lower by more than chance makes of so many images (one standard error).
bool is_worse(const Answers& adapted, const Answers& zero_shot) {
  const double p = zero_shot.accuracy();
  const auto n = static_cast<double>(std::max<Index>(zero_shot.images, 1));
  return adapted.accuracy() < p - std::sqrt(p * (1 - p) / n);
}

std::string answers_text(const Answers& answers) {
  return accuracy_text(answers.correct, answers.images);
}

void show_novel(const Forecast& novel) {
  print("classes not learned ({} held out, learned from the other {}): zero-shot {}, adapted {}\n",
        novel.novel_classes, novel.learned_classes, answers_text(novel.zero_shot),
        answers_text(novel.adapted));
  if (is_worse(novel.adapted, novel.zero_shot)) {
    tell(
        "notice: classes that are added later get worse: {:.1f} -> {:.1f} % on classes not "
        "learned; try --tune",
        100 * novel.zero_shot.accuracy(), 100 * novel.adapted.accuracy());
  }
}

void show_held_out(const HeldOut& seen) {
  print("held-out images: zero-shot {}, adapted {} on {} images\n", answers_text(seen.zero_shot),
        answers_text(seen.adapted), seen.adapted.images);
  if (is_worse(seen.adapted, seen.zero_shot)) {
    tell(
        "notice: on held-out images of the learned classes the adapted model is worse than "
        "zero-shot; --model-choice best_or_zero_shot keeps what is better, --tune looks for it");
  }
  if (seen.class_means.images > 0 && is_worse(seen.adapted, seen.class_means)) {
    tell(
        "notice: class means of the same features have {:.1f} % there, adapted {:.1f} %; where no "
        "classes will be added, --method class-means, or --tune --for same",
        100 * seen.class_means.accuracy(), 100 * seen.adapted.accuracy());
  }
  if (seen.novel) show_novel(*seen.novel);
}

void show_test(const TrainReport& report) {
  const RunResult& run = report.result;
  if (!run.zero_shot) {
    if (report.evaluates) tell("notice: no test images, so nothing is compared with zero-shot");
    return;
  }
  const Metrics& zero_shot = *run.zero_shot;
  const Metrics& adapted = run.targets.front().metrics;
  print("zero-shot {}, adapted {} on {} test images of {} classes\n",
        accuracy_text(zero_shot.correct, zero_shot.images),
        accuracy_text(adapted.correct, adapted.images), adapted.images,
        run.learned->class_names.size());
  if (adapted.correct < zero_shot.correct) {
    tell("notice: the adapted model is worse than zero-shot");
  }
}

// What the choice among epochs came to.
void show_epoch(const TrainingConfig& training, const Learned& learned) {
  if (training.patience > 0 && std::ssize(learned.epochs) < training.epochs) {
    print("stopped after {} of {} epochs: {} without a better validation\n", learned.epochs.size(),
          training.epochs, training.patience);
  }
  if (!chooses_epoch(training)) return;
  if (learned.chosen_epoch > 0) {
    print("epoch {} was best on the validation images\n", learned.chosen_epoch);
  } else if (training.model_choice == ModelChoice::kBestOrZeroShot && !learned.epochs.empty()) {
    tell(
        "notice: no epoch was better than zero-shot on the validation images ({:.1f} %), so the "
        "prompt is zero-shot's; try --tune",
        100 * learned.zero_shot_validation);
  }
}

// Whose values an interrupted run hands over.
std::string source_of_prompt(const TrainingConfig& training, const Learned& learned) {
  if (chooses_epoch(training) && learned.chosen_epoch > 0) return "that of the best epoch so far";
  const bool may_be_zero_shot = training.model_choice == ModelChoice::kBestOrZeroShot;
  return may_be_zero_shot ? "zero-shot's" : "that of the last step";
}

void show_interruption(const TrainingConfig& training, const Learned& learned) {
  print("interrupted after {} steps: the prompt is {}; --resume goes on\n", learned.steps,
        source_of_prompt(training, learned));
}

}  // namespace

void show(const TrainReport& report) {
  const RunResult& run = report.result;
  const Learned& learned = *run.learned;
  const TrainingConfig& training = report.spec.method.learn->training;
  for (const std::string& reason : learned.bits_reasons) print("bits of {}\n", reason);
  if (run.tuned) {
    show_choice(*run.tuned, report.spec.method.tune->config.goal);
  } else if (!learned.interrupted) {
    show_epoch(training, learned);
  }
  if (learned.temperature != 1) {
    print("temperature {:.3f}, {}\n", learned.temperature, learned.temperature_reason);
  }
  if (learned.interrupted) {
    show_interruption(training, learned);
  } else {
    show_test(report);
    if (run.held_out) show_held_out(*run.held_out);
    if (!run.held_out_failure.empty()) {
      tell("notice: held-out classes were not looked at: {}", run.held_out_failure);
    }
  }
  print("{} ({} bytes, {} of them values)\n", (report.run / kPromptName).string(),
        to_bytes(learned.prompt).size(), payload_size(learned.prompt));
}

void tell_plan(const Method& method) {
  const LearnConfig& learn = *method.learn;
  const std::string shots = learn.shots > 0 ? fmt::format("{} shots", learn.shots) : "all images";
  if (method.tune) {
    const TuneConfig& tune = method.tune->config;
    const bool unlimited = seconds_in(tune.budget) == 0;
    tell("choosing among {} candidates from {} a class, for {} classes, in {}",
         method.tune->candidates.size(), shots, enum_name(tune.goal),
         unlimited ? "as long as it takes" : "at most " + tune.budget);
    return;
  }
  const TrainingConfig& training = learn.training;
  const std::string values = has_codebook(training.quantizer.kind)
                                 ? "bits " + training.quantizer.bits
                                 : enum_name(training.quantizer.kind) + std::string(" quantizer");
  const std::string epochs =
      learns_by_steps(learn.method) ? fmt::format("{} epochs", training.epochs) : "no epochs";
  tell("learning {} from {} a class: {}, {}", enum_name(method_tag(learn.method)), shots, epochs,
       values);
}

}  // namespace qprompt::cli
