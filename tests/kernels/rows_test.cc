#include "qprompt/kernels/rows.h"

#include "qprompt/kernels/patches.h"
#include "tests/kernels/kernel_test.h"
#include "tests/support/errors.h"

namespace qprompt::kernels {
namespace {

class Rows : public BothFormats {};

TEST_P(Rows, GatherPicksAndScatterPutsBack) {
  Stream stream(device_of(format()));
  const Matrix values = random_values(random_, 200, 12, format());
  std::vector<Index> rows = random_.permutation(200);
  rows.resize(150);
  Buffer picked = unwritten(150, 12, format());
  gather_rows(stream, buffer_of(values, format()).view(), rows, picked.view());
  EXPECT_EQ(download(picked.view()), Matrix(values(rows, Eigen::all)));

  Buffer target = buffer_of(Matrix::Zero(200, 12), format());
  scatter_rows(stream, picked.view(), rows, target.view());
  Matrix expected = Matrix::Zero(200, 12);
  for (Index r : rows) expected.row(r) = values.row(r);
  EXPECT_EQ(download(target.view()), expected);
}

TEST_P(Rows, GatherMayRepeatARow) {
  Stream stream(device_of(format()));
  const Matrix values = random_values(random_, 3, 5, format());
  Buffer picked = unwritten(4, 5, format());
  gather_rows(stream, buffer_of(values, format()).view(), std::vector<Index>{2, 0, 2, 2},
              picked.view());
  EXPECT_EQ(download(picked.view()), Matrix(values({2, 0, 2, 2}, Eigen::all)));
}

TEST_P(Rows, RefuseAnotherWidth) {
  Stream stream(device_of(format()));
  const Buffer source = unwritten(3, 5, format());
  Buffer target = unwritten(2, 6, format());
  EXPECT_THAT(testing::error_of([&] {
                gather_rows(stream, source.view(), std::vector<Index>{0, 1}, target.view());
              }),
              ::testing::HasSubstr("[2, 6]"));
}

TEST_P(Rows, UploadRoundsToNearestEven) {
  Matrix values(1, 4);
  values << 1.0f, 1.00390625f, 1.01171875f, -3.0f;  // 1 + 1/256 and 1 + 3/256 lie half-way
  const Matrix stored = download(buffer_of(values, format()).view());
  Matrix even(1, 4);
  even << 1.0f, 1.0f, 1.015625f, -3.0f;
  EXPECT_EQ(stored, format() == NumberFormat::kBfloat16 ? even : values);
}

TEST_P(Rows, UploadKeepsInfinityAndNotANumber) {
  Matrix values(1, 3);
  const float infinity = std::numeric_limits<float>::infinity();
  values << infinity, -infinity, std::numeric_limits<float>::quiet_NaN();
  const Matrix stored = download(buffer_of(values, format()).view());
  EXPECT_EQ(stored(0, 0), infinity);
  EXPECT_EQ(stored(0, 1), -infinity);
  EXPECT_TRUE(std::isnan(stored(0, 2)));
}

TEST_P(Rows, ABufferThatShrankGrowsBack) {
  Buffer buffer = buffer_of(Matrix::Ones(40, 12), format());
  buffer.resize(3, 12, format());
  EXPECT_EQ(buffer.rows(), 3);
  EXPECT_THAT(testing::error_of([&] { buffer.middle_rows(2, 2); }),
              ::testing::HasSubstr("rows 2..4 of 3"));
  buffer.resize(80, 12, format());
  fill_zero(buffer.view());
  EXPECT_EQ(download(buffer.view()), Matrix::Zero(80, 12));
}

class Patches : public BothFormats {};

TEST_P(Patches, AreChannelMajorSquaresInReadingOrder) {
  Stream stream(device_of(format()));
  constexpr Index kSize = 6, kPatch = 2, kGrid = 9;
  const Matrix images = random_values(random_, 2, 3 * kSize * kSize, format());
  Buffer patches = unwritten(2 * kGrid, 3 * kPatch * kPatch, format());
  extract_patches(stream, images, kSize, kPatch, patches.view());
  const Matrix values = download(patches.view());
  for (Index r = 0; r < values.rows(); ++r) {
    const Index image = r / kGrid, top = r % kGrid / 3 * kPatch, left = r % 3 * kPatch;
    for (Index i = 0; i < values.cols(); ++i) {
      const Index channel = i / 4, y = top + i % 4 / 2, x = left + i % 2;
      ASSERT_EQ(values(r, i), images(image, (channel * kSize + y) * kSize + x));
    }
  }
}

TEST(ImageRows, AreTheClassTokenThePatchesAndThePrompts) {
  Random random(5);
  constexpr auto kFloat32 = NumberFormat::kFloat32;
  Stream stream(device_of(kFloat32));
  for (Index prompts : {0, 2}) {
    const Vector leading = random.normal_matrix(12, 1, 1);
    const Matrix patch_rows = random.normal_matrix(3 * 4, 12, 1);
    const Matrix positions = random.normal_matrix(4, 12, 1);
    const Matrix trailing = random.normal_matrix(prompts, 12, 1);
    Buffer x = unwritten(3 * (5 + prompts), 12, kFloat32);
    assemble_image_rows(stream, leading, buffer_of(patch_rows, kFloat32).view(), positions,
                        trailing, x.view());
    Matrix expected(x.rows(), 12);
    for (Index i = 0; i < 3; ++i) {
      auto image = expected.middleRows(i * (5 + prompts), 5 + prompts);
      image.row(0) = leading.transpose();
      image.middleRows(1, 4) = patch_rows.middleRows(i * 4, 4) + positions;
      image.bottomRows(prompts) = trailing;
    }
    EXPECT_EQ(download(x.view()), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, Rows, both_formats(), format_name);
INSTANTIATE_TEST_SUITE_P(Formats, Patches, both_formats(), format_name);

}  // namespace
}  // namespace qprompt::kernels
