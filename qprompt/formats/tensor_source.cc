#include "qprompt/formats/tensor_source.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "qprompt/core/error.h"
#include "qprompt/core/json.h"
#include "qprompt/formats/safetensors.h"
#include "qprompt/formats/torch_archive.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

// What stands before the names of a model that something else holds.
constexpr std::string_view kWrappers[] = {"state_dict.", "module.", "model.",
                                          "clip_model.", "clip.",   "_orig_mod."};

std::string without_wrappers(std::string_view name) {
  const auto wraps = [&](std::string_view wrapper) { return name.starts_with(wrapper); };
  while (true) {
    const auto* const wrapper = std::ranges::find_if(kWrappers, wraps);
    if (wrapper == std::end(kWrappers)) return std::string(name);
    name.remove_prefix(wrapper->size());
  }
}

class SafetensorsSource : public TensorSource {
 public:
  void add_file(const Safetensors& file) {
    for (const auto& [name, view] : file.tensors()) {
      add(name, {view.type, view.shape, file.file().path()});
      views_[name] = view;
    }
    files_.push_back(file);
  }

  TensorView read(const std::string& name) const override { return views_.at(stored_name(name)); }

  void drop_pages() const override {
    for (const Safetensors& file : files_) file.file().drop_pages();
  }

 private:
  std::vector<Safetensors> files_;
  std::map<std::string, TensorView> views_;  // by their stored names
};

class TorchSource : public TensorSource {
 public:
  explicit TorchSource(const TorchArchive& archive) : archive_(archive) {
    for (const auto& [name, tensor] : archive.tensors()) {
      add(name, {tensor.type, tensor.shape, archive.path()});
    }
  }

  TensorView read(const std::string& name) const override { return archive_.at(stored_name(name)); }

  void drop_pages() const override { archive_.drop_pages(); }

 private:
  TorchArchive archive_;
};

std::set<std::string> shard_names(const fs::path& index) {
  const nlohmann::json json = read_json(index);
  require(json.is_object() && json.contains("weight_map") && json["weight_map"].is_object(),
          index.string(), ": no 'weight_map', expected the index of a sharded checkpoint");
  std::set<std::string> names;
  for (const auto& [tensor, file] : json["weight_map"].items()) {
    const bool plain = file.is_string() &&
                       file.get_ref<const std::string&>().find('/') == std::string::npos &&
                       file != "..";
    require(plain, index.string(), ": shard ", file.dump(), " of tensor '", tensor,
            "', expected the name of a file beside the index");
    names.insert(file.get<std::string>());
  }
  return names;
}

}  // namespace

void TensorSource::add(const std::string& stored_name, TensorInfo info) {
  const std::string name = without_wrappers(stored_name);
  const auto [first, is_new] = stored_names_.emplace(name, stored_name);
  require(is_new, info.file.string(), ": tensor '", stored_name, "' is there twice, also as '",
          first->second, "' in ", is_new ? fs::path() : tensors_.at(name).file);
  tensors_.emplace(name, std::move(info));
}

std::unique_ptr<TensorSource> open_safetensors(const fs::path& path) {
  auto source = std::make_unique<SafetensorsSource>();
  if (path.extension() != ".json") {
    source->add_file(Safetensors(path));
    return source;
  }
  for (const std::string& name : shard_names(path)) {
    source->add_file(Safetensors(path.parent_path() / name));
  }
  return source;
}

std::unique_ptr<TensorSource> open_torch_archive(const TorchArchive& archive) {
  return std::make_unique<TorchSource>(archive);
}

}  // namespace qprompt
