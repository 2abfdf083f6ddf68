#include "qprompt/artifact/prompt_file.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "qprompt/artifact/byte_stream.h"
#include "qprompt/artifact/method_settings.h"
#include "qprompt/artifact/stored_matrix_codec.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/file.h"
#include "qprompt/core/half.h"
#include "qprompt/core/hash.h"

namespace qprompt {
namespace {

constexpr std::string_view kMagic = "QPRM";
// 4: without temperature and partners; 3: without classes seen too; 2: without `exif` too; 1:
// without the model's identity too
constexpr std::uint8_t kVersion = 5;
constexpr std::uint8_t kExifNotSaid = 2;  // from version 4
constexpr std::size_t kChecksumSize = 4;

std::uint32_t checksum(std::span<const std::byte> bytes) {
  uLong crc = crc32_z(0, nullptr, 0);
  crc = crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  return static_cast<std::uint32_t>(crc);
}

void require_unique_names(const std::vector<StoredMatrix>& matrices, std::string_view origin) {
  std::set<std::string_view> names;
  for (const StoredMatrix& matrix : matrices) {
    require(names.insert(matrix.name).second, origin, ": two matrices are called '", matrix.name,
            "'");
  }
}

std::uint8_t read_version(ByteReader reader) {
  const bool has_magic =
      reader.remaining() > kMagic.size() &&
      std::ranges::equal(reader.bytes(kMagic.size()), std::as_bytes(std::span(kMagic)));
  reader.require(has_magic, "not a prompt file (it does not begin with ", kMagic, ")");
  const std::uint8_t version = reader.byte();
  reader.require(version <= kVersion, "prompt file of version ", int{version},
                 ", this program reads up to version ", int{kVersion}, ": update qprompt");
  reader.require(version >= 1, "prompt file of version 0, expected 1..", int{kVersion});
  return version;
}

// What the checksum covers.
std::span<const std::byte> checked_body(std::span<const std::byte> bytes, std::string_view origin) {
  require(bytes.size() > kChecksumSize, origin, ": truncated, ", bytes.size(), " bytes");
  const auto body = bytes.first(bytes.size() - kChecksumSize);
  const std::uint32_t stored = ByteReader(bytes.last(kChecksumSize), origin).u32();
  require(stored == checksum(body), origin, ": truncated or damaged (checksum ", stored,
          ", expected ", checksum(body), ")");
  return body;
}

std::uint64_t read_class_list(ByteReader& reader) {
  const std::uint8_t is_bound = reader.byte();
  reader.require(is_bound <= 1, "class list mark ", int{is_bound}, ", expected 0 or 1");
  if (is_bound == 0) return 0;
  const std::uint64_t hash = reader.u64();
  reader.require(hash != 0, "the hash of the class list is zero");
  return hash;
}

std::optional<bool> read_exif(ByteReader& reader, std::uint8_t version) {
  const std::uint8_t exif = reader.byte();
  if (version >= 4 && exif == kExifNotSaid) return std::nullopt;
  reader.require(exif <= 1, "exif mark ", int{exif}, ", expected 0 or 1");
  return exif == 1;
}

void write_seen(ByteWriter& writer, const SeenClasses& seen) {
  writer.varint(seen.size());
  for (const SeenClass& of_class : seen) {
    writer.string(of_class.name);
    writer.varint(static_cast<std::uint64_t>(of_class.images));
  }
}

SeenClasses read_seen(ByteReader& reader, std::uint8_t version) {
  constexpr std::uint64_t kMostImages = std::uint64_t{1} << 31;
  SeenClasses seen;
  const std::uint64_t count = reader.varint();
  reader.require(count > 0 || version >= 5, "a list of no classes");
  // Not reserved: each class takes bytes, so a false count ends with them.
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string name = reader.string();
    const std::uint64_t images = reader.varint();
    reader.require(images < kMostImages, "class '", name, "' with ", images, " images");
    seen.push_back({std::move(name), static_cast<Index>(images)});
  }
  return seen;
}

bool is_temperature(double temperature) { return std::isfinite(temperature) && temperature > 0; }

void write_temperature(ByteWriter& writer, double temperature) {
  require(is_temperature(temperature), "prompt file: temperature ", temperature,
          ", expected a number above 0");
  writer.u64(std::bit_cast<std::uint64_t>(temperature));
}

double read_temperature(ByteReader& reader) {
  const auto temperature = std::bit_cast<double>(reader.u64());
  reader.require(is_temperature(temperature), "temperature ", temperature,
                 ", expected a number above 0");
  return temperature;
}

std::uint8_t version_of(const PromptFile& file) {
  if (!file.partners.empty() || file.temperature != 1) return 5;
  if (!file.seen.empty()) return 4;
  if (file.exif) return 3;
  return file.identity != 0 ? 2 : 1;
}

std::vector<StoredMatrix> read_matrices(ByteReader& reader) {
  std::vector<StoredMatrix> matrices;
  const std::uint64_t count = reader.varint();
  // Not reserved: each matrix takes bytes, so a false count ends with them.
  for (std::uint64_t i = 0; i < count; ++i) matrices.push_back(read_matrix(reader));
  require_unique_names(matrices, reader.origin());
  return matrices;
}

// An adapted model: what a file has once, and each partner again.
void write_part(ByteWriter& writer, const PromptFile& part, std::uint8_t version) {
  require_unique_names(part.matrices, "prompt file");
  writer.byte(part.class_list != 0 ? 1 : 0);
  if (part.class_list != 0) writer.u64(part.class_list);
  if (version >= 4) write_seen(writer, part.seen);
  write_settings(writer, part.method);
  writer.varint(part.matrices.size());
  for (const StoredMatrix& matrix : part.matrices) write_matrix(writer, matrix);
}

void read_part(ByteReader& reader, std::uint8_t version, PromptFile& part) {
  part.class_list = read_class_list(reader);
  if (version >= 4) part.seen = read_seen(reader, version);
  part.method = read_settings(reader);
  reader.require(part.seen.empty() || learns_on_features(part.method), part.seen.size(),
                 " classes seen, which ", enum_name(method_tag(part.method)), " has no use for");
  part.matrices = read_matrices(reader);
}

void write_partners(ByteWriter& writer, const PromptFile& file, std::uint8_t version) {
  writer.varint(file.partners.size());
  for (const PromptFile& partner : file.partners) {
    require(partner.backbone == file.backbone && partner.identity == file.identity,
            "prompt file: a partner of another backbone");
    require(partner.partners.empty(), "prompt file: a partner with partners of its own");
    write_temperature(writer, partner.temperature);
    write_part(writer, partner, version);
  }
}

void read_partners(ByteReader& reader, std::uint8_t version, PromptFile& file) {
  const std::uint64_t count = reader.varint();
  // Not reserved: each partner takes bytes, so a false count ends with them.
  for (std::uint64_t i = 0; i < count; ++i) {
    PromptFile partner{.backbone = file.backbone, .identity = file.identity, .exif = file.exif};
    partner.temperature = read_temperature(reader);
    read_part(reader, version, partner);
    file.partners.push_back(std::move(partner));
  }
}

}  // namespace

PromptFile first_part(PromptFile file) {
  file.partners.clear();
  file.temperature = 1;
  return file;
}

std::vector<std::byte> to_bytes(const PromptFile& file) {
  return at_border([&]() -> std::vector<std::byte> {
    ByteWriter writer;
    writer.bytes(std::as_bytes(std::span(kMagic)));
    const std::uint8_t version = version_of(file);
    require(version < 3 || file.identity != 0,
            "prompt file: exif, classes seen, a temperature or partners without the model's "
            "identity");
    writer.byte(version);
    writer.u64(file.backbone);
    if (file.identity != 0) writer.u64(file.identity);
    if (version >= 3) writer.byte(file.exif ? (*file.exif ? 1 : 0) : kExifNotSaid);
    if (version >= 5) write_temperature(writer, file.temperature);
    write_part(writer, file, version);
    if (version >= 5) write_partners(writer, file, version);
    writer.u32(checksum(writer.written()));
    return writer.written();
  });
}

void save_prompt_file(const PromptFile& file, const std::filesystem::path& path) {
  at_border([&] { write_file(path, std::span<const std::byte>(to_bytes(file))); });
}

PromptFile prompt_file_from_bytes(std::span<const std::byte> bytes, std::string_view origin) {
  return at_border([&]() -> PromptFile {
    const std::uint8_t version = read_version(ByteReader(bytes, origin));
    ByteReader reader(checked_body(bytes, origin), origin);
    reader.bytes(kMagic.size() + sizeof kVersion);
    PromptFile file;
    file.backbone = reader.u64();
    if (version >= 2) {
      file.identity = reader.u64();
      reader.require(file.identity != 0, "the identity of the backbone is zero");
    }
    if (version >= 3) file.exif = read_exif(reader, version);
    if (version >= 5) file.temperature = read_temperature(reader);
    read_part(reader, version, file);
    if (version >= 5) read_partners(reader, version, file);
    reader.require(reader.remaining() == 0, reader.remaining(), " bytes after the last field");
    return file;
  });
}

PromptFile load_prompt_file(const std::filesystem::path& path) {
  return at_border([&]() -> PromptFile {
    const MappedFile file(path);
    return prompt_file_from_bytes(file.bytes(), path.string());
  });
}

std::vector<StoredMatrix> stored_matrices(const ParameterMap& values,
                                          const std::map<std::string, EncodedMatrix>& encoded) {
  std::vector<StoredMatrix> matrices;
  for (const auto& [name, matrix] : values) {
    const auto found = encoded.find(name);
    if (found != encoded.end()) {
      matrices.push_back({name, found->second});
    } else {
      matrices.push_back({name, matrix});
    }
  }
  return matrices;
}

ParameterMap values(const PromptFile& file) {
  return at_border([&]() -> ParameterMap {
    ParameterMap values;
    for (const auto& [name, content] : file.matrices) {
      const auto* encoded = std::get_if<EncodedMatrix>(&content);
      values[name] = encoded ? decode(*encoded) : std::get<Matrix>(content);
    }
    return values;
  });
}

Index rows(const StoredMatrix& matrix) {
  if (const auto* encoded = std::get_if<EncodedMatrix>(&matrix.content)) return encoded->rows;
  return std::get<Matrix>(matrix.content).rows();
}

Index cols(const StoredMatrix& matrix) {
  if (const auto* encoded = std::get_if<EncodedMatrix>(&matrix.content)) return encoded->cols;
  return std::get<Matrix>(matrix.content).cols();
}

int bits_per_value(const StoredMatrix& matrix) {
  if (const auto* encoded = std::get_if<EncodedMatrix>(&matrix.content)) return encoded->bits;
  return is_half_exact(std::get<Matrix>(matrix.content)) ? 16 : 32;
}

Payload& Payload::operator+=(const Payload& other) {
  codes += other.codes;
  codebooks += other.codebooks;
  fp16 += other.fp16;
  fp32 += other.fp32;
  return *this;
}

Payload payload(const StoredMatrix& matrix) {
  if (const auto* encoded = std::get_if<EncodedMatrix>(&matrix.content)) {
    const std::size_t codes = encoded->codes.size();
    return {.codes = codes, .codebooks = payload_size(*encoded) - codes};
  }
  const auto count = static_cast<std::size_t>(rows(matrix) * cols(matrix));
  if (bits_per_value(matrix) == 16) return {.fp16 = count * 2};
  return {.fp32 = count * 4};
}

Payload payload(const PromptFile& file) {
  Payload sum;
  for (const StoredMatrix& matrix : file.matrices) sum += payload(matrix);
  for (const PromptFile& partner : file.partners) sum += payload(partner);
  return sum;
}

std::size_t payload_size(const StoredMatrix& matrix) { return payload(matrix).total(); }
std::size_t payload_size(const PromptFile& file) { return payload(file).total(); }

std::uint64_t class_list_hash(std::span<const std::string> class_names) {
  std::string joined;
  for (const std::string& name : class_names) joined += name + '\0';
  const std::uint64_t hash = hash64(std::string_view(joined));
  return hash != 0 ? hash : 1;
}

}  // namespace qprompt
