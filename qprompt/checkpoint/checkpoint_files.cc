#include "qprompt/checkpoint/checkpoint_files.h"

#include <cstring>
#include <initializer_list>

#include "qprompt/checkpoint/hugging_face_shape.h"
#include "qprompt/checkpoint/inferred_shape.h"
#include "qprompt/checkpoint/open_clip_shape.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/formats/tensor_source.h"
#include "qprompt/formats/torch_archive.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLayouts =
    "a Hugging Face folder (config.json with model.safetensors or pytorch_model.bin), an open_clip "
    "folder (open_clip_config.json with open_clip_model.safetensors), an OpenAI .pt archive, or a "
    "state dict of CLIP or SLIP that torch.save wrote";

bool looks_like_safetensors(std::span<const std::byte> bytes) {
  return bytes.size() > 9 && bytes[8] == std::byte{'{'} && bytes[7] == std::byte{0};
}

// Before PyTorch 1.6 files were pickles without an archive around them.
bool looks_like_pickle(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x80} && bytes[1] <= std::byte{5};
}

TorchArchive open_archive(const fs::path& path) {
  const MappedFile file(path);
  require(!looks_like_pickle(file.bytes()), path.string(),
          ": written by a PyTorch before 1.6; re-save it with a newer one: torch.save(torch.load(",
          path.filename(), "), ", path.filename(), ")");
  require(looks_like_zip(file.bytes()), path.string(), ": ", file.bytes().size(),
          " bytes that are no PyTorch archive: truncated or another kind of file?");
  return TorchArchive(path);
}

// The first of these files that is there; empty when none is.
fs::path first_of(const fs::path& folder, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (fs::exists(folder / name)) return folder / name;
  }
  return {};
}

fs::path hugging_face_weights(const fs::path& folder) {
  return first_of(folder,
                  {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"});
}

fs::path open_clip_weights(const fs::path& folder) {
  return first_of(folder, {"open_clip_model.safetensors", "open_clip_pytorch_model.bin"});
}

std::shared_ptr<const TensorSource> open_source(const fs::path& path) {
  const bool torch = path.extension() == ".bin";
  return torch ? open_torch_archive(open_archive(path)) : open_safetensors(path);
}

CheckpointFiles open_hugging_face(const fs::path& folder) {
  Weights weights(open_source(hugging_face_weights(folder)), Naming::kHuggingFace, folder);
  return {folder, "hugging face", std::move(weights), hugging_face_shape(folder)};
}

CheckpointFiles open_open_clip(const fs::path& folder) {
  ClipShape shape = open_clip_shape(folder);  // before the weights: it says what is not supported
  Weights weights(open_source(open_clip_weights(folder)), Naming::kOpenAi, folder);
  return {folder, "open_clip", std::move(weights), shape};
}

CheckpointFiles open_folder(const fs::path& folder) {
  if (fs::exists(folder / "config.json") && !hugging_face_weights(folder).empty()) {
    return open_hugging_face(folder);
  }
  if (fs::exists(folder / "open_clip_config.json") && !open_clip_weights(folder).empty()) {
    return open_open_clip(folder);
  }
  for (const char* config : {"config.json", "open_clip_config.json"}) {
    require(!fs::exists(folder / config), folder.string(), ": ", config,
            " is there but not the weights, expected ", kLayouts);
  }
  fail(folder.string(), ": not a checkpoint, expected ", kLayouts);
}

// A single file says its sizes by its tensors only, so their names must be OpenAI's or SLIP's.
CheckpointFiles from_tensors(const fs::path& path, const std::string& layout,
                             std::shared_ptr<const TensorSource> source) {
  const bool hugging_face = source->contains("text_model.embeddings.token_embedding.weight");
  if (hugging_face && fs::exists(path.parent_path() / "config.json")) {
    return {path, "hugging face", Weights(std::move(source), Naming::kHuggingFace, path),
            hugging_face_shape(path.parent_path())};
  }
  require(!hugging_face, path.string(), ": Hugging Face weights without a config.json beside them");
  if (source->contains("visual.cls_token") && source->contains("image_projection")) {
    Weights weights(std::move(source), Naming::kSlip, path);
    ClipShape shape = infer_slip_shape(weights);
    return {path, "slip", std::move(weights), shape};
  }
  require(source->contains("token_embedding.weight") && source->contains("visual.conv1.weight"),
          path.string(), ": ", source->tensors().size(), " tensors",
          source->tensors().empty() ? "" : " such as '" + source->tensors().begin()->first + "'",
          ", but no CLIP: expected 'token_embedding.weight' and 'visual.conv1.weight'");
  Weights weights(std::move(source), Naming::kOpenAi, path);
  ClipShape shape = infer_shape(weights);
  return {path, layout, std::move(weights), shape};
}

CheckpointFiles open_file(const fs::path& path) {
  const MappedFile file(path);
  if (looks_like_safetensors(file.bytes())) {
    return from_tensors(path, "state dict", open_safetensors(path));
  }
  require(looks_like_zip(file.bytes()) || looks_like_pickle(file.bytes()), path.string(), ": ",
          file.bytes().size(), " bytes of an unknown kind, expected ", kLayouts);
  const TorchArchive archive = open_archive(path);
  return from_tensors(path, archive.is_torch_script() ? "openai" : "state dict",
                      open_torch_archive(archive));
}

}  // namespace

CheckpointFiles open_checkpoint_files(const fs::path& path) {
  return fs::is_directory(path) ? open_folder(path) : open_file(path);
}

}  // namespace qprompt
