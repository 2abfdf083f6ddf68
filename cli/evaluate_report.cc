#include "cli/evaluate_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "qprompt/report/table_text.h"

namespace qprompt::cli {
namespace {

constexpr std::size_t kBarWidth = 50;  // of 100 %

}  // namespace

std::string accuracy_text(Index correct, Index images) {
  const Interval interval = wilson_interval(correct, images);
  return fmt::format("{:.2f} % ({:.1f}-{:.1f})",
                     100.0 * static_cast<double>(correct) / static_cast<double>(images),
                     100 * interval.low, 100 * interval.high);
}

std::string calibration_text(const Calibration& calibration) {
  return fmt::format("ECE {:.2f} %, NLL {:.3f} nats", 100 * calibration.ece(), calibration.nll);
}

// The bar ends where the accuracy does; a mark stands where it would end if probabilities were the
// shares of right answers.
std::string reliability_text(const Calibration& calibration) {
  const auto place = [](double share) {
    return std::min(kBarWidth, static_cast<std::size_t>(std::lround(share * kBarWidth)));
  };
  std::string text = fmt::format("{:>10}  {:>8}  {:>6}\n", "confidence", "accuracy", "images");
  for (const CalibrationBin& bin : calibration.bins) {
    if (bin.images == 0) continue;
    std::string bar(place(bin.accuracy()), '=');
    bar.resize(kBarWidth + 1, ' ');
    bar[place(bin.confidence())] = '|';
    text +=
        fmt::format("{:8.2f} %  {:6.2f} %  {:6}  {}\n", 100 * bin.confidence(),
                    100 * bin.accuracy(), bin.images, bar.substr(0, bar.find_last_not_of(' ') + 1));
  }
  return text;
}

std::string coverage_text(const RiskCoverage& curve) {
  std::string text =
      fmt::format("{:>8}  {:>10}  {:>8}  {:>6}\n", "coverage", "confidence", "accuracy", "images");
  for (const CoveragePoint& point : curve.points) {
    text += fmt::format("{:6.1f} %  {:>8.2f} %  {:6.2f} %  {:6}\n", 100 * point.coverage,
                        100 * point.threshold, 100 * point.accuracy, point.images);
  }
  return text + fmt::format("AURC {:.4f}\n", curve.aurc);
}

std::string others_text(const std::vector<KnownScoreQuality>& qualities, Index others) {
  std::string text =
      fmt::format("{:<18}{:>6}  of {} pictures of other classes go where 95 % stay\n", "score",
                  "AUROC", others);
  for (const KnownScoreQuality& quality : qualities) {
    text += fmt::format("{:<18}{:6.3f}  {:6.2f} %\n", quality.score, quality.auroc,
                        100 * quality.rejected);
  }
  return text;
}

std::string per_class_text(const Metrics& metrics, const std::vector<std::string>& class_names) {
  std::string text;
  for (std::size_t c = 0; c < metrics.classes.size(); ++c) {
    const ClassMetrics& of_class = metrics.classes[c];
    text +=
        fmt::format("{:>23}  {:5} images  {}\n",
                    of_class.images == 0 ? "-" : accuracy_text(of_class.correct, of_class.images),
                    of_class.images, class_names[c]);
  }
  return text;
}

std::string per_image_csv(const Evaluation& evaluation,
                          const std::vector<std::string>& class_names) {
  const auto name = [&](int label) { return class_names[static_cast<std::size_t>(label)]; };
  std::string text = report::csv_row({"path", "label", "predicted", "probability", "correct"});
  for (const ImageResult& result : evaluation.images) {
    text += report::csv_row({result.image, name(result.label), name(result.predicted),
                             fmt::format("{:.6f}", result.probability),
                             result.label == result.predicted ? "1" : "0"});
  }
  return text;
}

}  // namespace qprompt::cli
