#include "qprompt/formats/torch_archive.h"

#include <cstring>
#include <mutex>
#include <string_view>
#include <utility>

#include "qprompt/core/error.h"
#include "qprompt/formats/pickle.h"
#include "qprompt/formats/torch_pickle.h"
#include "qprompt/formats/zip_archive.h"

namespace qprompt {
namespace {

constexpr std::size_t kMaxPickleBytes = 64 << 20;

using Bytes = std::vector<std::byte>;
using Tensor = TorchArchive::Tensor;

// Every entry lies in one folder, which has any name.
std::string folder_of(const ZipArchive& zip) {
  constexpr std::string_view kPickle = "/data.pkl";
  for (const std::string& name : zip.names()) {
    if (name.ends_with(kPickle) && name.find('/') == name.size() - kPickle.size()) {
      return name.substr(0, name.size() - kPickle.size() + 1);
    }
  }
  fail(zip.path().string(), ": a zip archive without data.pkl",
       zip.names().empty() ? "" : ", which holds '" + zip.names().front() + "'",
       ": expected one that PyTorch wrote; unpack it where it holds a model");
}

bool is_dense(const Tensor& tensor) {
  Index expected = 1;
  for (std::size_t i = tensor.shape.size(); i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != expected) return false;
    expected *= tensor.shape[i];
  }
  return true;
}

// Copies the elements of dimension `axis` and all after it, from element `first` of the storage.
void gather(const Tensor& tensor, std::size_t axis, Index first, const Bytes& storage,
            Bytes& dense) {
  const std::size_t width = element_size(tensor.type);
  if (axis == tensor.shape.size()) {
    const auto begin = storage.begin() + first * width;
    dense.insert(dense.end(), begin, begin + width);
    return;
  }
  for (Index i = 0; i < tensor.shape[axis]; ++i) {
    gather(tensor, axis + 1, first + i * tensor.strides[axis], storage, dense);
  }
}

TensorView view_in_place(const Tensor& tensor, const std::shared_ptr<const Bytes>& storage) {
  TensorView view{tensor.type, tensor.shape, {}, storage};
  const std::size_t width = element_size(tensor.type);
  view.bytes = std::span(*storage).subspan(tensor.offset * width, view.size() * width);
  return view;
}

TensorView dense_copy(const Tensor& tensor, const Bytes& storage) {
  const auto dense = std::make_shared<Bytes>();
  TensorView view{tensor.type, tensor.shape, {}, dense};
  dense->reserve(view.size() * element_size(tensor.type));
  gather(tensor, 0, tensor.offset, storage, *dense);
  view.bytes = *dense;
  return view;
}

// Of a tensor that is not empty; tensors_of() has seen that nothing overflows.
Index last_element(const Tensor& tensor) {
  Index last = tensor.offset;
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    last += (tensor.shape[i] - 1) * tensor.strides[i];
  }
  return last;
}

}  // namespace

struct TorchArchive::Impl {
  explicit Impl(const std::filesystem::path& path);

  std::shared_ptr<const Bytes> storage(const std::string& name) const;

  ZipArchive zip;
  std::string folder;
  std::map<std::string, Tensor> tensors;
  // Neighbouring reads (rows of the token embedding, views of one storage) ask for the same one.
  mutable std::mutex mutex;
  mutable std::string last_name;
  mutable std::shared_ptr<const Bytes> last_storage;
};

TorchArchive::Impl::Impl(const std::filesystem::path& path) : zip(path), folder(folder_of(zip)) {
  if (zip.contains(folder + "byteorder")) {
    const Bytes order = zip.read(folder + "byteorder");
    require(order.empty() || order[0] == std::byte{'l'}, path.string(),
            ": big-endian numbers, expected little-endian");
  }
  const std::string pickle_name = folder + "data.pkl";
  require(zip.size(pickle_name) <= kMaxPickleBytes, path.string(), ": data.pkl of ",
          zip.size(pickle_name), " bytes, expected at most ", kMaxPickleBytes);
  const Bytes bytes = zip.read(pickle_name);
  tensors = tensors_of(Pickle(bytes, path).root(), path);
  for (auto& [name, tensor] : tensors) tensor.storage = folder + "data/" + tensor.storage;
}

std::shared_ptr<const Bytes> TorchArchive::Impl::storage(const std::string& name) const {
  const std::lock_guard lock(mutex);
  if (last_storage == nullptr || last_name != name) {
    last_storage = nullptr;
    last_storage = std::make_shared<const Bytes>(zip.read(name));
    last_name = name;
  }
  return last_storage;
}

TorchArchive::TorchArchive(const std::filesystem::path& path)
    : impl_(std::make_shared<const Impl>(path)) {}

const std::filesystem::path& TorchArchive::path() const { return impl_->zip.path(); }
const std::map<std::string, Tensor>& TorchArchive::tensors() const { return impl_->tensors; }

bool TorchArchive::is_torch_script() const {
  return impl_->zip.contains(impl_->folder + "constants.pkl");
}

TensorView TorchArchive::at(const std::string& name) const {
  const auto found = impl_->tensors.find(name);
  require(found != impl_->tensors.end(), path().string(), ": no tensor '", name, "'");
  const Tensor& tensor = found->second;
  const auto storage = impl_->storage(tensor.storage);
  const TensorView empty{tensor.type, tensor.shape, {}, storage};
  if (empty.size() == 0) return empty;
  const std::string where = path().string() + ": tensor '" + name + "'";
  // The pickle promised that the elements lie in the storage; the storage must keep the promise.
  const std::size_t elements = storage->size() / element_size(tensor.type);
  const std::size_t last = static_cast<std::size_t>(last_element(tensor));
  require(last < elements, where, ": ends at element ", last, " of a storage of ", elements,
          ": truncated?");
  if (is_dense(tensor)) return view_in_place(tensor, storage);
  require(static_cast<std::size_t>(empty.size()) <= elements, where, ": shape ",
          shape_text(tensor.shape), " with strides ", shape_text(tensor.strides),
          " repeats elements, expected a tensor that owns its values");
  return dense_copy(tensor, *storage);
}

void TorchArchive::drop_pages() const {
  const std::lock_guard lock(impl_->mutex);
  impl_->last_storage = nullptr;
}

bool looks_like_zip(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && std::memcmp(bytes.data(), "PK\3\4", 4) == 0;
}

}  // namespace qprompt
