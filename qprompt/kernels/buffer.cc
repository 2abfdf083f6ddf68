#include "qprompt/kernels/buffer.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "qprompt/kernels/convert.h"

namespace qprompt::kernels {

std::size_t format_size(NumberFormat format) {
  return format == NumberFormat::kFloat32 ? sizeof(float) : sizeof(Bf16);
}

void Buffer::Free::operator()(std::byte* memory) const { std::free(memory); }

void Buffer::resize(Index rows, Index cols, NumberFormat format) {
  rows_ = rows;
  cols_ = cols;
  format_ = format;
  constexpr std::size_t kAlignment = 64;
  const std::size_t bytes = static_cast<std::size_t>(rows * cols) * format_size(format);
  if (bytes <= capacity_) return;
  capacity_ = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  memory_.reset();
  memory_.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, capacity_)));
  if (memory_ == nullptr) throw std::bad_alloc();
}

View Buffer::middle_rows(Index first, Index count) {
  require(first >= 0 && count >= 0 && first + count <= rows_, "middle_rows: rows ", first, "..",
          first + count, " of ", rows_);
  const auto offset = static_cast<std::size_t>(first * cols_) * format_size(format_);
  return {memory_.get() + offset, format_, count, cols_};
}

// Uploads and downloads are a few rows: not worth a second thread.
void upload(const Matrix& values, View buffer) {
  require(values.rows() == buffer.rows && values.cols() == buffer.cols, "upload: [", values.rows(),
          ", ", values.cols(), "] into [", buffer.rows, ", ", buffer.cols, "]");
  convert(1, values.data(), buffer);
}

Matrix download(ConstView buffer) {
  Matrix values(buffer.rows, buffer.cols);
  convert(1, buffer, values.data());
  return values;
}

void fill_zero(View buffer) {
  std::memset(buffer.memory, 0,
              static_cast<std::size_t>(buffer.rows * buffer.cols) * format_size(buffer.format));
}

}  // namespace qprompt::kernels
