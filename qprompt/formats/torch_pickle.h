#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "qprompt/formats/pickle.h"
#include "qprompt/formats/torch_archive.h"

namespace qprompt {

// The tensors that a PyTorch pickle describes, by dotted path. `Tensor::storage` is the key of the
// storage. Error names `origin`.
std::map<std::string, TorchArchive::Tensor> tensors_of(const PickleValue& root,
                                                       const std::filesystem::path& origin);

}  // namespace qprompt
