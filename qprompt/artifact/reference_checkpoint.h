#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "qprompt/core/matrix.h"
#include "qprompt/prompt/config.h"
#include "qprompt/prompt/learner.h"

namespace qprompt {

class TensorSource;

// What was learned, in a checkpoint of the published implementations: Dassl's
// model.pth.tar-<epoch>, a plain state dict, or a safetensors file with the same names
// (reference_names.h). Buffers bound to a class list, the optimiser, the scheduler and the copied
// CLIP are passed over, any other tensor is an Error, and nothing in the file is executed.
class ReferenceCheckpoint {
 public:
  // Throws Error naming the file for what is no such file, holds nothing that was learned, or a
  // tensor that is neither learned by a method here nor known to be harmless.
  explicit ReferenceCheckpoint(const std::filesystem::path& path);

  // As stored, under this program's names. A class-specific `ctx` is [n_cls, n_ctx, width].
  const std::map<std::string, std::vector<Index>>& shapes() const { return shapes_; }

  // `config` with the sizes of this file: numbers of tokens, depths, class-specific contexts, the
  // meta-net's reduction. An initial text that does not fit them is emptied.
  MethodConfig fitted(MethodConfig config) const;

  // The values of a learner with these parameters. Throws Error naming the matrix that is missing,
  // of another shape, not of finite floating-point numbers, or learned by another method.
  ParameterMap read(std::span<const ParameterSpec> parameters) const;

 private:
  void require_known(std::span<const ParameterSpec> parameters) const;
  Matrix read(const ParameterSpec& parameter) const;

  std::filesystem::path path_;
  std::shared_ptr<const TensorSource> source_;
  std::map<std::string, std::vector<Index>> shapes_;
  std::map<std::string, std::string> stored_names_;  // of this program's names
};

}  // namespace qprompt
