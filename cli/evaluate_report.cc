#include "cli/evaluate_report.h"

#include <fmt/format.h>

#include "qprompt/report/table_text.h"

namespace qprompt::cli {

std::string accuracy_text(Index correct, Index images) {
  const Interval interval = wilson_interval(correct, images);
  return fmt::format("{:.2f} % ({:.1f}-{:.1f})",
                     100.0 * static_cast<double>(correct) / static_cast<double>(images),
                     100 * interval.low, 100 * interval.high);
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
