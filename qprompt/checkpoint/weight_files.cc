#include "qprompt/checkpoint/weight_files.h"

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/formats/stand_in.h"
#include "qprompt/formats/torch_archive.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

bool looks_like_safetensors(std::span<const std::byte> bytes) {
  return bytes.size() > 9 && bytes[8] == std::byte{'{'} && bytes[7] == std::byte{0};
}

// Before PyTorch 1.6 files were pickles without an archive around them.
bool looks_like_pickle(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x80} && bytes[1] <= std::byte{5};
}

}  // namespace

WeightFile find_weights(const fs::path& folder, std::span<const char* const> names) {
  WeightFile pointer;
  for (const char* name : names) {
    const fs::path path = folder / name;
    if (!fs::exists(path)) continue;
    if (!is_lfs_pointer(MappedFile(path).bytes())) return {path, pointer.passed_over};
    if (pointer.path.empty()) {
      pointer = {path, path.string() + " is a Git LFS pointer (git lfs pull fetches it): "};
    }
  }
  return {pointer.path, {}};
}

OpenedWeights open_weights(const fs::path& path) {
  if (path.extension() == ".json") return {open_safetensors(path)};  // the index of shards
  const MappedFile file(path);
  refuse_stand_in(file.bytes(), path);
  if (looks_like_safetensors(file.bytes())) return {open_safetensors(path)};
  require(!looks_like_pickle(file.bytes()), path.string(),
          ": written by a PyTorch before 1.6; re-save it with a newer one: torch.save(torch.load(",
          path.filename(), "), ", path.filename(), ")");
  require(looks_like_zip(file.bytes()), path.string(), ": ", file.bytes().size(),
          " bytes of an unknown kind, expected ", kLayouts, "; truncated?");
  const TorchArchive archive(path);
  return {open_torch_archive(archive), archive.is_torch_script()};
}

}  // namespace qprompt
