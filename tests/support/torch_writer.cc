#include "tests/support/torch_writer.h"

#include <zip.h>

#include "qprompt/core/error.h"

namespace qprompt::testing {
namespace {

template <typename Number>
std::string little_endian(Number value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

PickleWriter& PickleWriter::raw(std::string_view bytes) {
  bytes_ += bytes;
  return *this;
}

PickleWriter& PickleWriter::text(std::string_view value) {
  raw("X").raw(little_endian(static_cast<std::uint32_t>(value.size())));
  return raw(value);
}

PickleWriter& PickleWriter::integer(std::int64_t value) {
  return raw("\x8a\x08").raw(little_endian(value));
}

PickleWriter& PickleWriter::global(std::string_view module, std::string_view name) {
  return raw("c").raw(module).raw("\n").raw(name).raw("\n");
}

PickleWriter& PickleWriter::ordered_dict() {
  return global("collections", "OrderedDict").raw(")").reduce();
}

PickleWriter& PickleWriter::integers(const std::vector<std::int64_t>& values) {
  mark();
  for (const std::int64_t value : values) integer(value);
  return tuple();
}

PickleWriter& PickleWriter::tensor(const Tensor& tensor) {
  global("torch._utils", "_rebuild_tensor_v2").mark();
  mark().text("storage").global("torch", tensor.storage_type).text(tensor.key).text(tensor.device);
  integer(tensor.storage_size).tuple().raw("Q");
  integer(tensor.offset).integers(tensor.shape).integers(tensor.strides);
  return raw("\x89").ordered_dict().tuple().reduce();
}

std::vector<std::int64_t> dense_strides(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

void write_archive(const std::filesystem::path& path,
                   const std::map<std::string, std::string>& entries, bool compressed) {
  std::filesystem::create_directories(path.parent_path());
  int code = 0;
  zip_t* const zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  require(zip != nullptr, path.string(), ": cannot write");
  for (const auto& [name, content] : entries) {
    zip_source_t* const source = zip_source_buffer(zip, content.data(), content.size(), 0);
    const zip_int64_t index = zip_file_add(zip, ("archive/" + name).c_str(), source, 0);
    zip_set_file_compression(zip, index, compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
  }
  require(zip_close(zip) == 0, path.string(), ": cannot write");
}

}  // namespace qprompt::testing
