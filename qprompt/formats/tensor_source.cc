#include "qprompt/formats/tensor_source.h"

#include <nlohmann/json.hpp>
#include <set>

#include "qprompt/core/error.h"
#include "qprompt/core/json.h"
#include "qprompt/formats/safetensors.h"
#include "qprompt/formats/torch_archive.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

class SafetensorsSource : public TensorSource {
 public:
  void add(const Safetensors& file) {
    for (const auto& [name, view] : file.tensors()) {
      require(!contains(name), file.file().path().string(), ": tensor '", name,
              "' is in another shard too");
      tensors_[name] = {view.type, view.shape, file.file().path()};
      views_[name] = view;
    }
    files_.push_back(file);
  }

  TensorView read(const std::string& name) const override { return views_.at(name); }

  void drop_pages() const override {
    for (const Safetensors& file : files_) file.file().drop_pages();
  }

 private:
  std::vector<Safetensors> files_;
  std::map<std::string, TensorView> views_;
};

class TorchSource : public TensorSource {
 public:
  explicit TorchSource(const TorchArchive& archive) : archive_(archive) {
    for (const auto& [full_name, tensor] : archive.tensors()) {
      const std::string name = without_wrappers(full_name);
      tensors_[name] = {tensor.type, tensor.shape, archive.path()};
      full_names_[name] = full_name;
    }
  }

  TensorView read(const std::string& name) const override {
    return archive_.at(full_names_.at(name));
  }

  void drop_pages() const override { archive_.drop_pages(); }

 private:
  static std::string without_wrappers(std::string name) {
    for (const std::string wrapper : {"state_dict.", "module."}) {
      if (name.starts_with(wrapper)) name = name.substr(wrapper.size());
    }
    return name;
  }

  TorchArchive archive_;
  std::map<std::string, std::string> full_names_;
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

std::unique_ptr<TensorSource> open_safetensors(const fs::path& path) {
  auto source = std::make_unique<SafetensorsSource>();
  if (path.extension() != ".json") {
    source->add(Safetensors(path));
    return source;
  }
  for (const std::string& name : shard_names(path)) {
    source->add(Safetensors(path.parent_path() / name));
  }
  return source;
}

std::unique_ptr<TensorSource> open_torch_archive(const TorchArchive& archive) {
  return std::make_unique<TorchSource>(archive);
}

}  // namespace qprompt
