#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace qprompt::testing {

// Writes pickles opcode by opcode, also wrong ones.
class PickleWriter {
 public:
  PickleWriter() { raw("\x80\x02"); }

  PickleWriter& raw(std::string_view bytes);
  PickleWriter& mark() { return raw("("); }
  PickleWriter& text(std::string_view value);
  PickleWriter& integer(std::int64_t value);
  PickleWriter& global(std::string_view module, std::string_view name);
  PickleWriter& tuple() { return raw("t"); }  // of what came since mark()
  PickleWriter& dict() { return raw("}"); }
  PickleWriter& set_items() { return raw("u"); }
  PickleWriter& reduce() { return raw("R"); }
  PickleWriter& ordered_dict();
  PickleWriter& integers(const std::vector<std::int64_t>& values);

  struct Tensor {
    std::string storage_type = "FloatStorage", key = "0", device = "cpu";
    std::int64_t storage_size = 0, offset = 0;
    std::vector<std::int64_t> shape = {}, strides = {};
  };
  PickleWriter& tensor(const Tensor& tensor);

  std::string stop() { return bytes_ + "."; }

 private:
  std::string bytes_;
};

// Strides of a dense tensor.
std::vector<std::int64_t> dense_strides(const std::vector<std::int64_t>& shape);

// A zip archive with these entries, in the folder "archive/", stored or compressed.
void write_archive(const std::filesystem::path& path,
                   const std::map<std::string, std::string>& entries, bool compressed = false);

// The bytes of numbers, as a storage holds them.
template <typename Number>
std::string bytes_of(const std::vector<Number>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Number)};
}

}  // namespace qprompt::testing
