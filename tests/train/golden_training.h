#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "qprompt/artifact/reference_checkpoint.h"
#include "qprompt/formats/safetensors.h"
#include "qprompt/prompt/prompted_clip.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {

// A file of the reference's training runs ("cases") with the model that they ran on. Learned
// matrices bear the reference's names in it: they are read as an import of a checkpoint reads them.
class GoldenTraining {
 public:
  GoldenTraining(const std::filesystem::path& goldens, const std::string& name,
                 kernels::Precision precision);

  static bool has_model(const std::filesystem::path& goldens);

  std::vector<std::string> cases() const;
  // The method and sizes of a case, which its initial values tell.
  MethodConfig config(const std::string& name) const;
  // "init", "grad" or "final".
  ParameterMap parameters(const std::string& name, const std::string& stage,
                          const std::vector<ParameterSpec>& parameters) const;
  Matrix tensor(const std::string& name) const { return to_matrix(file_.at(name)); }
  double learning_rate(const std::string& name) const;

 private:
  ReferenceCheckpoint checkpoint(const std::string& prefix) const;
  std::vector<int> read_labels() const;

  Safetensors file_;
  testing::TemporaryFolder folder_;

 public:
  Model model;
  std::vector<std::string> class_names;
  std::vector<int> labels;
  ImageBatch images;  // as every method takes them; without pixels where the set has none
};

// The sizes of a checkpoint, for the method and the place of the name that its case's name says.
MethodConfig config_of_case(const std::string& name, const ReferenceCheckpoint& checkpoint);

}  // namespace qprompt
