#include "qprompt/artifact/method_settings.h"

#include <array>
#include <bit>
#include <concepts>

#include "qprompt/core/fields.h"

namespace qprompt {
namespace {

template <typename T>
concept Enum = std::is_enum_v<T>;

template <typename T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;

class FieldWriter {
 public:
  explicit FieldWriter(ByteWriter& writer) : writer_(writer) {}

  template <typename T>
  void operator()(std::string_view, const T& value, std::string_view) {
    write(value);
  }

 private:
  void write(bool value) { writer_.byte(value ? 1 : 0); }
  void write(double value) { writer_.u64(std::bit_cast<std::uint64_t>(value)); }
  void write(const std::string& value) { writer_.string(value); }
  void write(Integer auto value) { writer_.signed_varint(static_cast<std::int64_t>(value)); }
  void write(Enum auto value) { writer_.byte(static_cast<std::uint8_t>(value)); }

  ByteWriter& writer_;
};

class FieldReader {
 public:
  explicit FieldReader(ByteReader& reader) : reader_(reader) {}

  template <typename T>
  void operator()(std::string_view name, T& value, std::string_view) {
    if (reader_.remaining() > 0) read(name, value);
  }

 private:
  void read(std::string_view name, bool& value) {
    const std::uint8_t byte = reader_.byte();
    reader_.require(byte <= 1, name, " is ", int{byte}, ", expected 0 or 1");
    value = byte == 1;
  }
  void read(std::string_view, double& value) { value = std::bit_cast<double>(reader_.u64()); }
  void read(std::string_view, std::string& value) { value = reader_.string(); }
  void read(std::string_view name, Integer auto& value) {
    const std::int64_t number = reader_.signed_varint();
    value = static_cast<std::remove_reference_t<decltype(value)>>(number);
    reader_.require(static_cast<std::int64_t>(value) == number, name, " is ", number,
                    ", which is out of range");
  }
  void read(std::string_view name, Enum auto& value) {
    const std::uint8_t byte = reader_.byte();
    reader_.require(byte < enum_names(value).size(), name, " is ", int{byte}, ", expected below ",
                    enum_names(value).size());
    value = static_cast<std::remove_reference_t<decltype(value)>>(byte);
  }

  ByteReader& reader_;
};

}  // namespace

void write_settings(ByteWriter& writer, const MethodConfig& method) {
  ByteWriter fields;
  std::visit([&](auto config) { config.visit_fields(FieldWriter(fields)); }, method);
  writer.byte(static_cast<std::uint8_t>(method_tag(method)));
  writer.varint(fields.written().size());
  writer.bytes(fields.written());
}

MethodConfig read_settings(ByteReader& reader) {
  constexpr std::size_t kMethods = std::variant_size_v<MethodConfig>;
  const std::uint8_t tag = reader.byte();
  reader.require(tag < kMethods, "method ", int{tag}, ", this program knows those below ", kMethods,
                 " (a newer one wrote the file)");
  MethodConfig method = default_config(static_cast<MethodTag>(tag));
  ByteReader fields(reader.bytes(reader.varint()), reader.origin());
  std::visit([&](auto& config) { config.visit_fields(FieldReader(fields)); }, method);
  fields.require(fields.remaining() == 0, "the method's settings have ", fields.remaining(),
                 " bytes that this program does not know (a newer one wrote the file)");
  return method;
}

}  // namespace qprompt
