// Files that save_prompt_file() did not write, and one that its first version wrote.

#include <gmock/gmock.h>
#include <zlib.h>

#include <array>
#include <bit>
#include <cmath>
#include <functional>

#include "qprompt/artifact/byte_stream.h"
#include "qprompt/artifact/prompt_file.h"
#include "qprompt/core/error.h"
#include "qprompt/core/random.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;
using Bytes = std::vector<std::byte>;

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  std::string digits;
  for (const char c : hex) {
    if (c != ' ') digits += c;
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<std::byte>(std::stoi(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

Bytes with_checksum(Bytes body) {
  const uLong crc = crc32(0, reinterpret_cast<const Bytef*>(body.data()), body.size());
  for (int i = 0; i < 4; ++i) body.push_back(static_cast<std::byte>(crc >> (8 * i)));
  return body;
}

// A file with the fields of version 1, spoilt by the caller, and a checksum that fits.
Bytes crafted(const std::function<void(ByteWriter&)>& write_rest, std::uint8_t version = 1) {
  ByteWriter writer;
  for (const char c : {'Q', 'P', 'R', 'M'}) writer.byte(c);
  writer.byte(version);
  writer.u64(1);
  writer.byte(0);
  write_rest(writer);
  return with_checksum(writer.written());
}

void write_coop(ByteWriter& writer) {
  for (const std::uint8_t byte : {0, 4, 8, 0, 0, 0}) writer.byte(byte);  // n_ctx 4, no words
}

// One matrix whose header is the caller's.
Bytes with_matrix(std::uint64_t rows, std::uint64_t cols, std::uint8_t bits, const Bytes& data) {
  return crafted([&](ByteWriter& writer) {
    write_coop(writer);
    writer.varint(1);
    writer.string("w");
    writer.varint(rows);
    writer.varint(cols);
    writer.byte(bits);
    writer.bytes(data);
  });
}

void expect_refused(const Bytes& bytes, const std::string& reason) {
  EXPECT_THAT([&] { prompt_file_from_bytes(bytes, "p.qprompt"); },
              ThrowsMessage<Error>(AllOf(StartsWith("p.qprompt: "), HasSubstr(reason))));
}

bool is_refused_by_name(std::span<const std::byte> bytes) {
  try {
    prompt_file_from_bytes(bytes, "p.qprompt");
  } catch (const Error& error) {
    return std::string_view(error.what()).starts_with("p.qprompt: ");
  }
  return false;
}

void expect_refused_after_any_bit_flip(const Bytes& good) {
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    Bytes flipped = good;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_TRUE(is_refused_by_name(flipped)) << "bit " << bit;
  }
}

void expect_refused_after_any_truncation(const Bytes& good) {
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_TRUE(is_refused_by_name(std::span(good).first(size))) << size << " bytes";
  }
}

// A small file with every kind of matrix.
PromptFile every_kind() {
  const EncodedMatrix encoded{.rows = 2,
                              .cols = 5,
                              .bits = 2,
                              .codebook = {0xBC00, 0x0000, 0x3C00, 0x4000},  // -1, 0, 1, 2
                              .codes = from_hex("1B E4 01")};
  Matrix half(1, 2);
  half << 0.5F, -2.0F;
  Matrix exact(2, 1);
  exact << 0.1F, 3.0F;
  return {.backbone = 0x1122334455667788,
          .method = CoOpConfig{.n_ctx = 2, .ctx_init = "a photo"},
          .class_list = 0xAABBCCDD,
          .matrices = {{"ctx", encoded}, {"bias", half}, {"w", exact}}};
}

// Version 1 of every_kind(). These bytes never change: docs/prompt_file_format.md walks through
// them.
constexpr std::string_view kVersion1 =
    "51 50 52 4D 01"
    "88 77 66 55 44 33 22 11"
    "01 DD CC BB AA 00 00 00 00"
    "00 0B 04 07 61 20 70 68 6F 74 6F 00 00"
    "03"
    "03 63 74 78 02 05 02 00 BC 00 00 00 3C 00 40 1B E4 01"
    "04 62 69 61 73 01 02 10 00 38 00 C0"
    "01 77 02 01 20 CD CC CC 3D 00 00 40 40"
    "81 70 9E E0";

TEST(PromptFileVersion1, IsReadForever) {
  const PromptFile file = prompt_file_from_bytes(from_hex(kVersion1), "old.qprompt");
  EXPECT_EQ(file.backbone, 0x1122334455667788u);
  EXPECT_EQ(file.class_list, 0xAABBCCDDu);
  const auto& config = std::get<CoOpConfig>(file.method);
  EXPECT_EQ(config.n_ctx, 2);
  EXPECT_EQ(config.ctx_init, "a photo");
  EXPECT_FALSE(config.class_specific);
  EXPECT_EQ(config.class_token_position, ClassTokenPosition::kEnd);

  const ParameterMap read = values(file);
  Matrix ctx(2, 5);
  ctx << 2, 1, 0, -1, -1,  // codes 3 2 1 0, 0
      0, 1, 2, 0, -1;      // codes 1 2 3, 1 0
  EXPECT_EQ(read.at("ctx"), ctx);
  EXPECT_EQ(read.at("bias")(0, 0), 0.5F);
  EXPECT_EQ(read.at("bias")(0, 1), -2.0F);
  EXPECT_EQ(read.at("w")(0, 0), 0.1F);
  EXPECT_EQ(read.at("w")(1, 0), 3.0F);
}

TEST(PromptFileVersion1, IsWhatIsWritten) {
  EXPECT_EQ(to_bytes(every_kind()), from_hex(kVersion1));
}

TEST(PromptFileVersion1, MayLackSettingsThatWereAddedLater) {
  const Bytes bytes = crafted([](ByteWriter& writer) {
    for (const std::uint8_t byte : {0, 1, 32}) writer.byte(byte);  // n_ctx 16 and nothing else
    writer.varint(0);
  });
  const PromptFile file = prompt_file_from_bytes(bytes, "p.qprompt");
  EXPECT_EQ(std::get<CoOpConfig>(file.method).n_ctx, 16);
  EXPECT_EQ(std::get<CoOpConfig>(file.method).ctx_init, CoOpConfig{}.ctx_init);
}

// Version 3 of every_kind(): version 2 and the mark.
PromptFile with_exif(bool exif) {
  PromptFile file = every_kind();
  file.identity = 0x99;
  file.exif = exif;
  return file;
}

constexpr std::size_t kExifMark = 4 + 1 + 8 + 8;  // behind magic, version, backbone and identity

TEST(PromptFileVersion3, SaysWhetherPicturesAreTurned) {
  for (const bool exif : {false, true}) {
    const Bytes bytes = to_bytes(with_exif(exif));
    EXPECT_EQ(bytes[4], std::byte{3});
    EXPECT_EQ(bytes[kExifMark], std::byte{exif});
    const PromptFile file = prompt_file_from_bytes(bytes, "p.qprompt");
    EXPECT_EQ(file.exif, exif);
    EXPECT_EQ(file.identity, 0x99u);
    EXPECT_EQ(file.class_list, 0xAABBCCDDu);
    EXPECT_EQ(to_bytes(file), bytes);
  }
}

TEST(PromptFileVersion3, IsWrittenOnlyWhereThatWasSaid) {
  PromptFile file = every_kind();
  EXPECT_EQ(to_bytes(file)[4], std::byte{1});
  EXPECT_EQ(prompt_file_from_bytes(to_bytes(file), "p").exif, std::nullopt);
  file.identity = 0x99;
  const Bytes second = to_bytes(file);
  EXPECT_EQ(second[4], std::byte{2});
  EXPECT_EQ(prompt_file_from_bytes(second, "p").exif, std::nullopt);
  EXPECT_EQ(second.size() + 1, to_bytes(with_exif(true)).size());
}

TEST(PromptFileVersion3, WithAnotherMarkOrWithoutIdentityIsRefused) {
  Bytes body = to_bytes(with_exif(true));
  body.resize(body.size() - 4);
  body[kExifMark] = std::byte{2};
  expect_refused(with_checksum(body), "exif mark 2, expected 0 or 1");
  PromptFile nameless = every_kind();
  nameless.exif = true;
  EXPECT_THAT([&] { to_bytes(nameless); },
              ThrowsMessage<Error>(HasSubstr("without the model's identity")));
}

// Version 4: what a learner on features remembers.
PromptFile with_classes() {
  PromptFile file = every_kind();
  file.identity = 0x99;
  file.class_list = 0;
  file.method = TipAdapterConfig{.alpha = 2};
  file.seen = {{"cat", 16}, {"L\u00f6we", 300}};
  return file;
}

TEST(PromptFileVersion4, HoldsTheClassesThatWereSeen) {
  PromptFile file = with_classes();
  for (const std::optional<bool> exif : {std::optional<bool>(), {false}, {true}}) {
    file.exif = exif;
    const Bytes bytes = to_bytes(file);
    EXPECT_EQ(bytes[4], std::byte{4});
    EXPECT_EQ(bytes[kExifMark], std::byte(exif ? *exif : 2));
    const PromptFile read = prompt_file_from_bytes(bytes, "p.qprompt");
    EXPECT_EQ(read.seen, file.seen);
    EXPECT_EQ(read.exif, exif);
    EXPECT_EQ(std::get<TipAdapterConfig>(read.method).alpha, 2);
    EXPECT_EQ(to_bytes(read), bytes);
  }
}

TEST(PromptFileVersion4, HoldsTwoClassesOfOneNameInTheirOrder) {
  PromptFile file = with_classes();
  file.seen = {{"missile", 3}, {"cat", 1}, {"missile", 5}};
  EXPECT_EQ(prompt_file_from_bytes(to_bytes(file), "p.qprompt").seen, file.seen);
}

// The list stands behind the mark of the class list, which is 0: "02 03 cat 10 05 L..".
TEST(PromptFileVersion4, WithAListThatIsNoneIsRefused) {
  constexpr std::size_t kList = kExifMark + 2;
  const auto spoilt = [&](const std::function<void(Bytes&)>& change) {
    Bytes body = to_bytes(with_classes());
    body.resize(body.size() - 4);
    EXPECT_EQ(body[kList], std::byte{2});
    change(body);
    return with_checksum(body);
  };
  const auto set = [&](std::size_t offset, std::uint8_t value) {
    return spoilt([&](Bytes& body) { body[kList + offset] = std::byte{value}; });
  };
  expect_refused(set(0, 0), "no classes");
  expect_refused(set(1, 255), "ends too early");
  expect_refused(spoilt([&](Bytes& body) { body[kExifMark] = std::byte{3}; }), "exif mark 3");
  PromptFile prompt = with_classes();
  prompt.method = CoOpConfig{};
  expect_refused(to_bytes(prompt), "2 classes seen, which coop");
  PromptFile many = with_classes();
  many.seen[0].images = Index{1} << 40;
  expect_refused(to_bytes(many), "'cat'");
}

TEST(PromptFileVersion4, IsRefusedAfterAnySingleBitFlipAndTruncation) {
  expect_refused_after_any_bit_flip(to_bytes(with_classes()));
  expect_refused_after_any_truncation(to_bytes(with_classes()));
}

// Version 5: the mean of an adapted model and two others, and temperatures.
PromptFile with_partners() {
  PromptFile file = every_kind();
  file.identity = 0x99;
  file.temperature = 1.75;
  file.partners = {with_classes(), every_kind()};
  file.partners[1].identity = 0x99;
  file.partners[1].temperature = 0.5;
  return file;
}

TEST(PromptFileVersion5, HoldsATemperature) {
  PromptFile file = with_exif(true);
  file.temperature = 0.1;
  const Bytes bytes = to_bytes(file);
  EXPECT_EQ(bytes[4], std::byte{5});
  const PromptFile read = prompt_file_from_bytes(bytes, "p.qprompt");
  EXPECT_EQ(read.temperature, 0.1);
  EXPECT_EQ(read.exif, true);
  EXPECT_TRUE(read.partners.empty());
  // The mark of version 3, then the temperature; no classes seen and no partners take a byte each.
  EXPECT_EQ(bytes.size(), to_bytes(with_exif(true)).size() + 8 + 1 + 1);
  file.temperature = 1;
  EXPECT_EQ(to_bytes(file), to_bytes(with_exif(true)));
}

TEST(PromptFileVersion5, HoldsPartnersWithAllThatIsTheirs) {
  const PromptFile file = with_partners();
  const PromptFile read = prompt_file_from_bytes(to_bytes(file), "p.qprompt");
  EXPECT_EQ(to_bytes(read), to_bytes(file));
  EXPECT_EQ(read.temperature, 1.75);
  ASSERT_EQ(read.partners.size(), 2u);
  EXPECT_EQ(to_bytes(read.partners[0]), to_bytes(file.partners[0]));
  EXPECT_EQ(to_bytes(read.partners[1]), to_bytes(file.partners[1]));
  EXPECT_EQ(read.partners[1].temperature, 0.5);
  EXPECT_EQ(payload_size(read), 3 * payload_size(every_kind()));
}

TEST(PromptFileVersion5, TheFirstPartIsWhatStoodAlone) {
  PromptFile alone = every_kind();
  alone.identity = 0x99;
  EXPECT_EQ(to_bytes(first_part(with_partners())), to_bytes(alone));
}

TEST(PromptFileVersion5, RefusesToStoreWhatCannotBeLoaded) {
  const auto refused = [](PromptFile file, const char* reason) {
    EXPECT_THAT([&] { to_bytes(file); }, ThrowsMessage<Error>(HasSubstr(reason)));
  };
  for (const double temperature : {0.0, -1.0, HUGE_VAL, std::nan("")}) {
    PromptFile file = with_partners();
    file.temperature = temperature;
    refused(file, "temperature");
    file = with_partners();
    file.partners[1].temperature = temperature;
    refused(file, "temperature");
  }
  PromptFile file = with_partners();
  file.partners[0].identity = 0x98;
  refused(file, "another backbone");
  file = with_partners();
  file.partners[0].partners = {every_kind()};
  refused(file, "partners of its own");
  file = every_kind();
  file.temperature = 2;
  refused(file, "without the model's identity");
}

TEST(PromptFileVersion5, WithATemperatureThatIsNoneIsRefused) {
  for (const double temperature : {0.0, -2.0, HUGE_VAL, std::nan("")}) {
    ByteWriter writer;
    writer.u64(std::bit_cast<std::uint64_t>(temperature));
    Bytes body = to_bytes(with_partners());
    body.resize(body.size() - 4);
    std::ranges::copy(writer.written(), body.begin() + kExifMark + 1);
    expect_refused(with_checksum(body), "expected a number above 0");
  }
}

TEST(PromptFileVersion5, CannotAskForMorePartnersThanItHolds) {
  PromptFile file = with_exif(true);
  file.temperature = 2;
  Bytes body = to_bytes(file);
  body.resize(body.size() - 5);  // the checksum, and that there are no partners
  ByteWriter writer;
  writer.varint(~std::uint64_t{0});
  body.insert(body.end(), writer.written().begin(), writer.written().end());
  expect_refused(with_checksum(body), "ends too early");
}

TEST(PromptFileVersion5, IsRefusedAfterAnySingleBitFlipAndTruncation) {
  expect_refused_after_any_bit_flip(to_bytes(with_partners()));
  expect_refused_after_any_truncation(to_bytes(with_partners()));
}

TEST(DamagedPromptFile, IsRefusedAfterAnySingleBitFlip) {
  expect_refused_after_any_bit_flip(to_bytes(every_kind()));
}

TEST(DamagedPromptFile, IsRefusedAfterAnyTruncation) {
  expect_refused_after_any_truncation(to_bytes(every_kind()));
}

TEST(DamagedPromptFile, IsRefusedWithAnythingAppended) {
  for (int extra = 0; extra < 256; ++extra) {
    Bytes longer = to_bytes(every_kind());
    longer.push_back(static_cast<std::byte>(extra));
    EXPECT_TRUE(is_refused_by_name(longer)) << extra;
  }
}

TEST(HostilePromptFile, SaysWhichVersionCameAndWhichAreRead) {
  Bytes newer = to_bytes(every_kind());
  newer[4] = std::byte{9};
  expect_refused(newer, "version 9, this program reads up to version 5");
  expect_refused(crafted(write_coop, 0), "version 0");
}

TEST(HostilePromptFile, CannotAskForMoreThanItHolds) {
  const Bytes data(64);
  constexpr std::uint64_t kHuge = ~std::uint64_t{0};
  for (const std::uint8_t bits : {1, 2, 4, 8, 16, 32}) {
    expect_refused(with_matrix(1 << 20, 1 << 20, bits, data), "'w'");
    expect_refused(with_matrix(kHuge, kHuge, bits, data), "'w'");
    expect_refused(with_matrix(std::uint64_t{1} << 32, std::uint64_t{1} << 32, bits, data), "'w'");
    expect_refused(with_matrix(1, 500, bits, data), "ends too early");
    expect_refused(with_matrix(0, 8, bits, data), "'w'");
  }
  expect_refused(crafted([](ByteWriter& writer) {
                   write_coop(writer);
                   writer.varint(kHuge);
                 }),
                 "ends too early");
  expect_refused(crafted([](ByteWriter& writer) {
                   writer.byte(0);
                   writer.varint(kHuge);
                 }),
                 "ends too early");
}

TEST(HostilePromptFile, CannotHoldWidthsMethodsOrSettingsUnknownHere) {
  for (const std::uint8_t bits : {0, 9, 15, 17, 31, 33, 255}) {
    expect_refused(with_matrix(1, 1, bits, Bytes(64)), "bits a value");
  }
  expect_refused(crafted([](ByteWriter& writer) { writer.byte(200); }), "method 200");
  const auto settings = [](const std::vector<std::uint8_t>& bytes) {
    return crafted([&](ByteWriter& writer) {
      writer.byte(0);
      writer.varint(bytes.size());
      for (const std::uint8_t byte : bytes) writer.byte(byte);
      writer.varint(0);
    });
  };
  EXPECT_NO_THROW(prompt_file_from_bytes(settings({8, 0, 1, 2}), "p.qprompt"));
  expect_refused(settings({8, 0, 2, 2}), "class_specific is 2");
  expect_refused(settings({8, 0, 1, 3}), "class_token_position is 3");
  expect_refused(settings({8, 9, 1, 2}), "ends too early");
  expect_refused(settings({8, 0, 1, 2, 7}), "does not know");
  expect_refused(settings({0x80, 0x80, 0x80, 0x80, 0x20, 0, 1, 2}), "n_ctx");  // 2^32
  expect_refused(settings({255, 255, 255, 255, 255, 255, 255, 255, 255, 127}), "64 bits");
}

TEST(HostilePromptFile, CannotHoldNaNOrInfinity) {
  expect_refused(with_matrix(1, 1, 1, from_hex("00 7C 00 00 00")), "codebook");
  expect_refused(with_matrix(1, 1, 16, from_hex("01 7E")), "'w'");
  expect_refused(with_matrix(1, 1, 32, from_hex("00 00 80 FF")), "'w'");
}

TEST(HostilePromptFile, HasZerosAfterTheLastCode) {
  EXPECT_NO_THROW(
      prompt_file_from_bytes(with_matrix(1, 3, 1, from_hex("00 00 00 3C 07")), "p.qprompt"));
  expect_refused(with_matrix(1, 3, 1, from_hex("00 00 00 3C 0F")), "not zero");
}

TEST(HostilePromptFile, HasOneMatrixOfEachName) {
  expect_refused(crafted([](ByteWriter& writer) {
                   write_coop(writer);
                   writer.varint(2);
                   for (int i = 0; i < 2; ++i) writer.bytes(from_hex("01 77 01 01 10 00 3C"));
                 }),
                 "two matrices are called 'w'");
}

TEST(HostilePromptFile, LoadsOrIsRefusedWhateverIsInIt) {
  Random random(1);
  int refused = 0;
  const std::array<Bytes, 3> all{to_bytes(every_kind()), to_bytes(with_classes()),
                                 to_bytes(with_partners())};
  for (int trial = 0; trial < 20'000; ++trial) {
    const Bytes& good = all[trial % 3];
    Bytes mutated(good.begin(), good.end() - 4);
    for (Index i = 0; i < 1 + random.below(3); ++i) {
      mutated[5 + random.below(mutated.size() - 5)] = static_cast<std::byte>(random.below(256));
    }
    const Bytes bytes = with_checksum(mutated);
    try {
      values(prompt_file_from_bytes(bytes, "p.qprompt"));
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), StartsWith("p.qprompt: "));
      ++refused;
    }
  }
  EXPECT_GT(refused, 5'000);
  EXPECT_LT(refused, 20'000);
}

}  // namespace
}  // namespace qprompt
