#include "cli/classify_report.h"

#include <fmt/format.h>

#include "cli/output.h"

namespace qprompt::cli {
namespace {

std::string line(const Classification& result) {
  std::string text = result.path.string() + ": " + (result.abstained ? "(unsure) " : "");
  for (const ClassScore& score : result.scores) {
    if (&score != &result.scores.front()) text += ", ";
    text += fmt::format("{} {:.2f} %", score.class_name, 100 * score.probability);
  }
  return text + "\n";
}

nlohmann::ordered_json as_json(const Classification& result) {
  nlohmann::ordered_json json{{"path", result.path.string()}, {"unsure", result.abstained}};
  for (const ClassScore& score : result.scores) {
    json["scores"].push_back({{"class", score.class_name}, {"probability", score.probability}});
  }
  return json;
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
  std::string text = csv_row({"path", "rank", "class", "probability", "unsure"});
  for (const Classification& result : results) {
    for (std::size_t i = 0; i < result.scores.size(); ++i) {
      const ClassScore& score = result.scores[i];
      text += csv_row({result.path.string(), std::to_string(i + 1), score.class_name,
                       fmt::format("{:.6f}", score.probability), result.abstained ? "1" : "0"});
    }
  }
  return text;
}

void add_classifications(nlohmann::ordered_json& report,
                         const std::vector<Classification>& results) {
  report["images"] = nlohmann::ordered_json::array();
  for (const Classification& result : results) {
    if (result.damage.empty()) report["images"].push_back(as_json(result));
  }
  report["skipped_images"] = damages(results);
}

std::vector<std::string> damages(const std::vector<Classification>& results) {
  std::vector<std::string> lines;
  for (const Classification& result : results) {
    if (!result.damage.empty()) lines.push_back(result.damage);
  }
  return lines;
}

}  // namespace qprompt::cli
