#include "qprompt/formats/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "qprompt/core/error.h"
#include "qprompt/core/half.h"
#include "qprompt/core/json.h"
#include "qprompt/formats/stand_in.h"

namespace qprompt {
namespace {

using Json = nlohmann::json;
static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

// Real headers hold about 100 bytes for a tensor.
constexpr std::uint64_t kMaxHeaderBytes = 16 << 20;

constexpr std::pair<const char*, ElementType> kTypeNames[] = {
    {"F32", ElementType::kFloat32},   {"F16", ElementType::kFloat16},
    {"BF16", ElementType::kBfloat16}, {"F64", ElementType::kFloat64},
    {"I64", ElementType::kInt64},     {"I32", ElementType::kInt32},
    {"U8", ElementType::kUint8},      {"I16", ElementType::kInt16},
    {"I8", ElementType::kInt8},       {"BOOL", ElementType::kBool}};

struct Layout {
  std::string_view header;
  std::span<const std::byte> data;
};

Layout split(const MappedFile& file) {
  const auto bytes = file.bytes();
  const std::string path = file.path().string();
  std::uint64_t header_bytes = 0;
  refuse_stand_in(bytes, file.path());
  require(bytes.size() >= sizeof header_bytes, path, ": ", bytes.size(),
          " bytes, expected a safetensors file");
  std::memcpy(&header_bytes, bytes.data(), sizeof header_bytes);
  require(header_bytes <= kMaxHeaderBytes, path, ": safetensors header of ", header_bytes,
          " bytes, expected at most ", kMaxHeaderBytes);
  require(header_bytes <= bytes.size() - sizeof header_bytes, path, ": safetensors header of ",
          header_bytes, " bytes in a file of ", bytes.size(), " bytes: truncated?");
  const auto header = bytes.subspan(sizeof header_bytes, header_bytes);
  return {{reinterpret_cast<const char*>(header.data()), header.size()},
          bytes.subspan(sizeof header_bytes + header_bytes)};
}

Index whole_number(const Json& value, const std::string& where) {
  require(value.is_number_unsigned() && value.get<std::uint64_t>() <= INT64_MAX, where, ": ",
          value.dump(), ", expected a whole number");
  return value.get<Index>();
}

std::vector<Index> whole_numbers(const Json& entry, const char* key, const std::string& where) {
  require(entry.is_object() && entry.contains(key) && entry[key].is_array(), where, ": lacks '",
          key, "'");
  std::vector<Index> numbers;
  for (const Json& value : entry[key]) numbers.push_back(whole_number(value, where));
  return numbers;
}

ElementType element_type(const Json& entry, const std::string& where) {
  require(entry.is_object() && entry.contains("dtype") && entry["dtype"].is_string(), where,
          ": lacks 'dtype'");
  const std::string& name = entry["dtype"].get_ref<const std::string&>();
  const auto known = std::find_if(std::begin(kTypeNames), std::end(kTypeNames),
                                  [&](const auto& pair) { return name == pair.first; });
  require(known != std::end(kTypeNames), where, ": number format ", name,
          ", expected F32, F16 or BF16");
  return known->second;
}

TensorView parse_tensor(const Json& entry, std::span<const std::byte> data,
                        const std::string& where) {
  TensorView tensor{.type = element_type(entry, where),
                    .shape = whole_numbers(entry, "shape", where),
                    .bytes = {}};
  const auto offsets = whole_numbers(entry, "data_offsets", where);
  require(offsets.size() == 2 && offsets[0] <= offsets[1], where, ": data_offsets ",
          shape_text(offsets), ", expected begin and end");
  require(static_cast<std::size_t>(offsets[1]) <= data.size(), where, ": ends at byte ", offsets[1],
          " of ", data.size(), " bytes of data: truncated?");
  const auto size = checked_size(tensor.shape);
  const Index bytes = offsets[1] - offsets[0];
  const Index width = static_cast<Index>(element_size(tensor.type));
  require(size && bytes % width == 0 && bytes / width == *size, where, ": ", bytes,
          " bytes for shape ", shape_text(tensor.shape), " of ", element_name(tensor.type));
  tensor.bytes = data.subspan(offsets[0], bytes);
  return tensor;
}

// The format has neither holes nor overlaps, so a changed offset cannot hide.
void require_gapless(const std::map<std::string, TensorView>& tensors,
                     std::span<const std::byte> data, const std::string& path) {
  std::vector<std::pair<std::span<const std::byte>, const std::string*>> order;
  order.reserve(tensors.size());
  for (const auto& [name, tensor] : tensors) order.emplace_back(tensor.bytes, &name);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first.data(), a.first.size()) < std::pair(b.first.data(), b.first.size());
  });
  const std::byte* expected = data.data();
  for (const auto& [bytes, name] : order) {
    require(bytes.data() == expected, path, ": tensor '", *name, "' begins at byte ",
            bytes.data() - data.data(), ", expected ", expected - data.data());
    expected = bytes.data() + bytes.size();
  }
  require(expected == data.data() + data.size(), path, ": ", data.size(),
          " bytes of data, the header describes ", expected - data.data());
}

std::map<std::string, std::string> parse_metadata(const Json& entry, const std::string& path) {
  std::map<std::string, std::string> metadata;
  require(entry.is_object(), path, ": __metadata__ is not an object");
  for (const auto& [key, value] : entry.items()) {
    require(value.is_string(), path, ": __metadata__ '", key, "' is not a string");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

std::string type_name(ElementType type) {
  const auto known = std::find_if(std::begin(kTypeNames), std::end(kTypeNames),
                                  [&](const auto& pair) { return type == pair.second; });
  return known->first;
}

std::string header_of(const std::map<std::string, TensorView>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t begin = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t end = begin + tensor.bytes.size();
    require(tensor.bytes.size() == tensor.size() * element_size(tensor.type),
            "write_tensors: tensor '", name, "' has ", tensor.bytes.size(), " bytes for shape ",
            shape_text(tensor.shape));
    header[name] = {
        {"dtype", type_name(tensor.type)}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // data begin at a multiple of eight bytes
  return text;
}

TensorView to_half(const Matrix& matrix) {
  const auto half = std::make_shared<std::vector<std::uint16_t>>();
  std::ranges::transform(values_of(matrix), std::back_inserter(*half), half_bits);
  return {
      ElementType::kFloat16, {matrix.rows(), matrix.cols()}, std::as_bytes(std::span(*half)), half};
}

}  // namespace

Safetensors::Safetensors(const std::filesystem::path& path) : file_(path) {
  const auto [header_text, data] = split(file_);
  const Json header = parse_json(header_text, path);
  require(header.is_object(), path.string(), ": the safetensors header is not a JSON object");
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      metadata_ = parse_metadata(entry, path.string());
    } else {
      tensors_[name] = parse_tensor(entry, data, path.string() + ": tensor '" + name + "'");
    }
  }
  require_gapless(tensors_, data, path.string());
}

const TensorView& Safetensors::at(const std::string& name) const {
  const auto found = tensors_.find(name);
  require(found != tensors_.end(), file_.path().string(), ": no tensor '", name, "'");
  return found->second;
}

void write_tensors(const std::filesystem::path& path,
                   const std::map<std::string, TensorView>& tensors,
                   const std::map<std::string, std::string>& metadata) {
  const std::string header = header_of(tensors, metadata);
  const std::uint64_t header_bytes = header.size();
  std::string content(sizeof header_bytes, '\0');
  std::memcpy(content.data(), &header_bytes, sizeof header_bytes);
  content += header;
  for (const auto& [name, tensor] : tensors) {
    content.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  }
  write_file(path, content);
}

void write_safetensors(const std::filesystem::path& path, const ParameterMap& tensors,
                       const std::map<std::string, std::string>& metadata, ElementType type) {
  require(type == ElementType::kFloat32 || type == ElementType::kFloat16,
          "write_safetensors: ", element_name(type), ", expected float32 or float16");
  std::map<std::string, TensorView> views;
  for (const auto& [name, matrix] : tensors) {
    views[name] =
        type == ElementType::kFloat16
            ? to_half(matrix)
            : TensorView{
                  type, {matrix.rows(), matrix.cols()}, std::as_bytes(values_of(matrix)), nullptr};
  }
  write_tensors(path, views, metadata);
}

}  // namespace qprompt
