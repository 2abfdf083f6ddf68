#include "qprompt/formats/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

// A file with this header and `data_bytes` zero bytes after it.
std::string file_content(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t size = header.size();
  std::string content(8, '\0');
  std::memcpy(content.data(), &size, 8);
  return content + header + std::string(data_bytes, '\0');
}

class SafetensorsFile : public ::testing::Test {
 protected:
  std::string error_of_header(const std::string& header, std::size_t data_bytes = 8) {
    const auto path = folder_.file("x.safetensors", file_content(header, data_bytes));
    const std::string message = error_of([&] { Safetensors{path}; });
    EXPECT_THAT(message, HasSubstr("x.safetensors"));
    return message;
  }

  TemporaryFolder folder_;
};

TEST_F(SafetensorsFile, ReadsBackWhatWasWritten) {
  const Matrix a = (Matrix(2, 2) << 1, 2.5, -3, 0.1f).finished();
  const Matrix b = Matrix::Constant(1, 3, 7);
  write_safetensors(folder_ / "x", {{"b", b}, {"a", a}}, {{"note", "n\"ö"}});
  const Safetensors file(folder_ / "x");
  EXPECT_EQ(file.tensors().size(), 2u);
  EXPECT_EQ(to_matrix(file.at("a")), a);
  EXPECT_EQ(to_matrix(file.at("b")), b);
  EXPECT_THAT(file.at("b").shape, ElementsAre(1, 3));
  EXPECT_EQ(file.metadata().at("note"), "n\"ö");
}

TEST_F(SafetensorsFile, RoundsToFloat16OnRequest) {
  const Matrix a = (Matrix(1, 2) << 0.1f, 2).finished();
  write_safetensors(folder_ / "x", {{"a", a}}, {}, ElementType::kFloat16);
  const Safetensors file(folder_ / "x");
  EXPECT_EQ(file.at("a").type, ElementType::kFloat16);
  EXPECT_EQ(to_matrix(file.at("a")), (Matrix(1, 2) << 0.0999755859375f, 2).finished());
  EXPECT_THROW(write_safetensors(folder_ / "y", {{"a", a}}, {}, ElementType::kInt64), Error);
}

TEST_F(SafetensorsFile, KeepsShapesAndTypesOfTensors) {
  const std::vector<std::int64_t> numbers{1, -2, 3, 4, 5, 6};
  write_tensors(
      folder_ / "x",
      {{"cube", {ElementType::kInt64, {1, 2, 3}, std::as_bytes(std::span(numbers)), nullptr}},
       {"scalar", {ElementType::kInt64, {}, std::as_bytes(std::span(numbers).first(1)), nullptr}}});
  const Safetensors file(folder_ / "x");
  EXPECT_EQ(file.at("cube").type, ElementType::kInt64);
  EXPECT_THAT(file.at("cube").shape, ElementsAre(1, 2, 3));
  EXPECT_TRUE(file.at("scalar").shape.empty());
  EXPECT_EQ(std::memcmp(file.at("cube").bytes.data(), numbers.data(), 48), 0);
  EXPECT_THAT(error_of([&] {
                write_tensors(folder_ / "y", {{"a", {ElementType::kInt64, {2}, {}, nullptr}}});
              }),
              HasSubstr("tensor 'a' has 0 bytes for shape [2]"));
}

TEST_F(SafetensorsFile, KeepsTheMapAliveInCopies) {
  write_safetensors(folder_ / "x", {{"a", Matrix::Constant(2, 2, 5)}});
  auto file = std::make_unique<Safetensors>(folder_ / "x");
  const Safetensors copy = *file;
  file.reset();
  EXPECT_EQ(to_matrix(copy.at("a")), Matrix::Constant(2, 2, 5));
}

TEST_F(SafetensorsFile, HoldsNothingWhenEmpty) {
  write_safetensors(folder_ / "x", {});
  EXPECT_TRUE(Safetensors(folder_ / "x").tensors().empty());
}

TEST_F(SafetensorsFile, NamesAMissingTensor) {
  write_safetensors(folder_ / "x", {});
  EXPECT_THAT(error_of([&] { Safetensors(folder_ / "x").at("weight"); }),
              HasSubstr("x: no tensor 'weight'"));
}

TEST_F(SafetensorsFile, RefusesEveryTruncation) {
  write_safetensors(folder_ / "x", {{"a", Matrix::Ones(3, 3)}, {"b", Matrix::Ones(1, 2)}});
  const std::string whole = read_text(folder_ / "x");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto path = folder_.file("cut", whole.substr(0, size));
    EXPECT_THAT(error_of([&] { Safetensors{path}; }), HasSubstr("cut: ")) << size << " bytes";
  }
  EXPECT_THROW(Safetensors{folder_.file("longer", whole + "x")}, Error);
}

TEST_F(SafetensorsFile, RefusesAHeaderLengthThatLies) {
  for (const std::uint64_t size : {std::uint64_t{3}, std::uint64_t{1} << 20, std::uint64_t{1} << 62,
                                   ~std::uint64_t{0}, ~std::uint64_t{0} - 7}) {
    std::string content =
        file_content(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8);
    std::memcpy(content.data(), &size, 8);
    EXPECT_THROW(Safetensors{folder_.file("x", content)}, Error) << size;
  }
}

TEST_F(SafetensorsFile, RefusesOffsetsOutsideTheFile) {
  EXPECT_THAT(error_of_header(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})"),
              HasSubstr("tensor 'a': ends at byte 16 of 8"));
  EXPECT_THAT(error_of_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})"),
              HasSubstr("expected begin and end"));
  error_of_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}})");
  error_of_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})");
  error_of_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551615]}})");
}

TEST_F(SafetensorsFile, RefusesOverlapsAndHoles) {
  EXPECT_THAT(error_of_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
                                  "b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})"),
              HasSubstr("'b' begins at byte 4, expected 8"));
  EXPECT_THAT(error_of_header(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})"),
              HasSubstr("'a' begins at byte 4, expected 0"));
  error_of_header(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})");
}

TEST_F(SafetensorsFile, RefusesShapesThatDoNotFitTheBytes) {
  EXPECT_THAT(error_of_header(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})"),
              HasSubstr("tensor 'a': 8 bytes for shape [3] of float32"));
  // 2^32 * 2^32 * ... wraps around to the true size where nobody looks.
  error_of_header(
      R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}})");
  error_of_header(R"({"a":{"dtype":"F32","shape":[4611686018427387906],"data_offsets":[0,8]}})");
  error_of_header(R"({"a":{"dtype":"F16","shape":[-1,-4],"data_offsets":[0,8]}})");
  error_of_header(R"({"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}})");
}

TEST_F(SafetensorsFile, RefusesMalformedHeaders) {
  for (const char* header :
       {"", "[]", "3", R"({"a":3})", R"({"a":{}})", R"({"a":{"dtype":3}})", R"({"a":[1,2]})",
        R"({"__metadata__":3})", R"({"__metadata__":{"a":1}})",
        R"({"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}})",
        R"({"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}})",
        R"({"a":{"dtype":"F32","shape":[2]}})"}) {
    error_of_header(header);
  }
  EXPECT_THAT(error_of_header(R"({"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}})"),
              HasSubstr("tensor 'a': number format F8_E4M3, expected F32, F16 or BF16"));
}

TEST_F(SafetensorsFile, RefusesDeepHeaders) { error_of_header(std::string(1'000'000, '[')); }

}  // namespace
}  // namespace qprompt
