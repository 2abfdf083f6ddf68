#include "cli/classify_stdin.h"

#include <nlohmann/json.hpp>

#include "cli/console.h"
#include "cli/stdin_lines.h"
#include "qprompt/core/error.h"
#include "qprompt/run/record.h"

namespace qprompt::cli {
namespace {

nlohmann::ordered_json answer(const AdaptedModel& model, const ImageSource& image,
                              const ClassifyOptions& options) {
  try {
    return as_json(classify(model, image, options));
  } catch (const Error& error) {
    return {{"path", image.name()}, {"error", error.what()}};
  }
}

}  // namespace

void classify_stdin(const AdaptedModel& model, Orientation orientation,
                    const ClassifyOptions& options) {
  StdinLines lines;
  while (const auto path = lines.next()) {
    const ImageSource image = ImageSource(std::filesystem::path(*path)).with(orientation);
    write_stdout(json_line(answer(model, image, options)) + "\n");
    finish_stdout();
  }
}

}  // namespace qprompt::cli
