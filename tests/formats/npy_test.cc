#include "qprompt/formats/npy.h"

#include <gtest/gtest.h>

#include <cstring>

#include "qprompt/core/file.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

using namespace std::string_literals;

std::string written(const Matrix& matrix) {
  const testing::TemporaryFolder folder;
  write_npy(folder / "m.npy", matrix);
  return read_text(folder / "m.npy");
}

TEST(Npy, IsAHeaderOfAMultipleOf64BytesAndTheValuesRowByRow) {
  Matrix matrix(2, 3);
  matrix << 0, 1, -2, 0.5F, 4, 5;
  const std::string content = written(matrix);
  const std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  ASSERT_EQ(content.size(), 128u + 24);
  EXPECT_EQ(content.substr(0, 10), "\x93NUMPY\x01\x00\x76\x00"s);
  EXPECT_EQ(content.substr(10, text.size()), text);
  EXPECT_EQ(content.substr(10 + text.size(), 117 - text.size()),
            std::string(117 - text.size(), ' '));
  EXPECT_EQ(content[127], '\n');
  EXPECT_EQ(std::memcmp(content.data() + 128, matrix.data(), 24), 0);
}

TEST(Npy, HoldsValuesAtAMultipleOf64WhateverTheShape) {
  for (const Index rows : {1, 10, 12'345}) {
    const std::string content = written(Matrix::Ones(rows, 1));
    const std::size_t header = content.size() - static_cast<std::size_t>(rows) * 4;
    EXPECT_EQ(header % 64, 0u) << rows;
    EXPECT_EQ(static_cast<unsigned char>(content[8]) + 10u, header) << rows;
    EXPECT_EQ(content[header - 1], '\n') << rows;
  }
}

TEST(Npy, NamesTheFileThatCannotBeWritten) {
  const testing::TemporaryFolder folder;
  const auto path = folder.file("file", "") / "m.npy";
  EXPECT_THAT(testing::error_of([&] { write_npy(path, Matrix::Ones(1, 1)); }),
              ::testing::HasSubstr("file"));
}

}  // namespace
}  // namespace qprompt
