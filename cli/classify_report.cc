#include "cli/classify_report.h"

#include <fmt/format.h>

#include "qprompt/core/printable.h"
#include "qprompt/report/table_text.h"

namespace qprompt::cli {
namespace {

std::string line(const Classification& result) {
  const char* doubt = result.unknown ? "(unknown) " : result.abstained ? "(unsure) " : "";
  std::string text = escaped(result.image) + ": " + doubt;
  for (const ClassScore& score : result.scores) {
    if (&score != &result.scores.front()) text += ", ";
    text += fmt::format("{} {:.2f} %", escaped(score.class_name), 100 * score.probability);
  }
  return text + "\n";
}

}  // namespace

std::string lines_text(const std::vector<Classification>& results) {
  std::string text;
  for (const Classification& result : results) {
    if (result.damage.empty()) text += line(result);
  }
  return text;
}

std::string csv_text(const std::vector<Classification>& results) {
  std::string text = std::string(kColumns) + "\n";
  for (const Classification& result : results) {
    for (std::size_t i = 0; i < result.scores.size(); ++i) {
      const ClassScore& score = result.scores[i];
      text +=
          report::csv_row({result.image, std::to_string(i + 1), score.class_name,
                           fmt::format("{:.6f}", score.probability), result.abstained ? "1" : "0",
                           score.cosine ? fmt::format("{:.6f}", *score.cosine) : "",
                           fmt::format("{:.6f}", result.margin), result.unknown ? "1" : "0",
                           fmt::format("{:.6f}", result.known_score)});
    }
  }
  return text;
}

}  // namespace qprompt::cli
