#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "qprompt/core/descriptor.h"
#include "qprompt/core/matrix.h"
#include "qprompt/train/training_config.h"

namespace qprompt {

// A new event file in a folder that TensorBoard looks at, with epochs for its steps:
//   train/loss, train/accuracy, train/lr, val/accuracy, target/NAME/accuracy   scalars
//   weights/MATRIX                                                              histograms
// What was written is there when a call returns.
class TensorBoardLog {
 public:
  // Creates the folder, and in it a file of a name of its own. Throws Error.
  explicit TensorBoardLog(const std::filesystem::path& folder);

  void write(const EpochReport& report);
  void write_weights(int epoch, const ParameterMap& values);
  // Accuracies 0..1 by the targets' names.
  void write_targets(int epoch, const std::map<std::string, double>& accuracies);

  // `observer`, and every epoch with its weights written before it hears of them. The log must live
  // as long.
  Observer watching(Observer observer);

  const std::filesystem::path& file() const { return path_; }

 private:
  void append(std::string_view message);

  std::filesystem::path path_;
  std::optional<Descriptor> file_;
};

}  // namespace qprompt
