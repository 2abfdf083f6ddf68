#include "qprompt/formats/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "qprompt/core/half.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;

template <typename Element>
TensorView view(const std::vector<Element>& values, ElementType type, std::vector<Index> shape) {
  return {type, std::move(shape), std::as_bytes(std::span(values)), nullptr};
}

TEST(ToMatrix, KeepsTheFirstDimensionAndJoinsTheRest) {
  std::vector<float> values(24);
  std::iota(values.begin(), values.end(), 0.f);
  const Matrix matrix = to_matrix(view(values, ElementType::kFloat32, {2, 3, 4}));
  EXPECT_EQ(matrix.rows(), 2);
  EXPECT_EQ(matrix.cols(), 12);
  EXPECT_EQ(matrix(1, 0), 12);
}

TEST(ToMatrix, MakesScalarsAndVectorsOneRow) {
  const std::vector<float> values{1, 2, 3};
  EXPECT_EQ(to_matrix(view(values, ElementType::kFloat32, {3})),
            (Matrix(1, 3) << 1, 2, 3).finished());
  const std::vector<float> scalar{7};
  EXPECT_EQ(to_matrix(view(scalar, ElementType::kFloat32, {})), Matrix::Constant(1, 1, 7));
}

TEST(ToMatrix, ConvertsEveryFloatingFormat) {
  const Matrix expected = (Matrix(1, 3) << 1, -2.5, 0).finished();
  const std::vector<std::uint16_t> half{0x3c00, 0xc100, 0}, bfloat{0x3f80, 0xc020, 0};
  const std::vector<double> doubles{1, -2.5, 0};
  EXPECT_EQ(to_matrix(view(half, ElementType::kFloat16, {3})), expected);
  EXPECT_EQ(to_matrix(view(bfloat, ElementType::kBfloat16, {3})), expected);
  EXPECT_EQ(to_matrix(view(doubles, ElementType::kFloat64, {3})), expected);
}

TEST(ToMatrix, ConvertsEveryHalfAndBfloat) {
  std::vector<std::uint16_t> bits(65536);
  std::iota(bits.begin(), bits.end(), std::uint16_t{0});
  const Matrix half = to_matrix(view(bits, ElementType::kFloat16, {65536}));
  const Matrix bfloat = to_matrix(view(bits, ElementType::kBfloat16, {65536}));
  const auto same = [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); };
  for (const std::uint16_t i : bits) {
    ASSERT_TRUE(same(half(0, i), static_cast<float>(std::bit_cast<Eigen::half>(i)))) << i;
    ASSERT_TRUE(same(bfloat(0, i), static_cast<float>(std::bit_cast<Eigen::bfloat16>(i)))) << i;
  }
}

TEST(ToMatrix, ReadsUnalignedBytes) {
  std::vector<float> values(3000);
  std::iota(values.begin(), values.end(), 0.f);
  std::vector<std::byte> shifted(values.size() * 4 + 1);
  std::memcpy(shifted.data() + 1, values.data(), values.size() * 4);
  const TensorView tensor{ElementType::kFloat32, {3000}, std::span(shifted).subspan(1), nullptr};
  EXPECT_EQ(to_matrix(tensor), Eigen::Map<const Matrix>(values.data(), 1, 3000));
}

TEST(ToMatrix, RefusesIntegersAndBytesThatDoNotFitTheShape) {
  const std::vector<std::int64_t> integers{1, 2};
  EXPECT_THAT(error_of([&] { to_matrix(view(integers, ElementType::kInt64, {2})); }),
              HasSubstr("int64 values, expected floating point"));
  const std::vector<float> values{1, 2};
  EXPECT_THAT(error_of([&] { to_matrix(view(values, ElementType::kFloat32, {3})); }),
              HasSubstr("8 bytes for shape [3]"));
}

TEST(ToMatrix, OfNoRowsIsEmpty) {
  EXPECT_EQ(to_matrix(view(std::vector<float>{}, ElementType::kFloat32, {0, 5})).size(), 0);
}

// Blocks of any length are converted alike, and seen in their order.
TEST(ReadValues, FillTheirPlaceAndShowEveryBlock) {
  std::vector<std::uint16_t> halves(20000);
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<std::uint16_t>(i);
  const TensorView tensor = view(halves, ElementType::kFloat16, {20000});
  std::vector<float> values(halves.size()), seen, blocks;
  read_values(tensor, values, [&](std::span<const float> block) {
    seen.insert(seen.end(), block.begin(), block.end());
  });
  for_each_block(tensor, [&](std::span<const float> block) {
    blocks.insert(blocks.end(), block.begin(), block.end());
  });
  EXPECT_EQ(seen, values);
  EXPECT_EQ(blocks, values);
  EXPECT_EQ(values[0x3bff], 0.99951171875f);
  EXPECT_EQ(values.back(), half_value(19999));
}

TEST(ReadValues, RefuseAPlaceOfAnotherSize) {
  const std::vector<float> stored{1, 2};
  std::vector<float> values(3);
  EXPECT_THAT(error_of([&] {
                read_values(view(stored, ElementType::kFloat32, {2}), values,
                            [](std::span<const float>) {});
              }),
              HasSubstr("[2] for 3 values"));
}

TEST(CheckedSize, RefusesWhatCannotBe) {
  EXPECT_EQ(checked_size(std::vector<Index>{2, 3}), 6);
  EXPECT_EQ(checked_size(std::vector<Index>{}), 1);
  EXPECT_EQ(checked_size(std::vector<Index>{-1, -1}), std::nullopt);
  EXPECT_EQ(checked_size(std::vector<Index>{Index{1} << 32, Index{1} << 32}), std::nullopt);
  EXPECT_EQ(checked_size(std::vector<Index>{std::numeric_limits<Index>::max()}), std::nullopt);
}

TEST(RowsOf, GivesConsecutiveRows) {
  const std::vector<float> values{0, 1, 2, 3, 4, 5};
  const TensorView tensor = view(values, ElementType::kFloat32, {3, 2});
  EXPECT_EQ(to_matrix(rows_of(tensor, 1, 2)), (Matrix(2, 2) << 2, 3, 4, 5).finished());
  EXPECT_THAT(error_of([&] { rows_of(tensor, 2, 2); }), HasSubstr("rows 2 to 4 of 3"));
  EXPECT_THAT(error_of([&] { rows_of(tensor, -1, 1); }), HasSubstr("rows -1"));
}

}  // namespace
}  // namespace qprompt
