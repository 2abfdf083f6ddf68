#pragma once

#include <cstddef>
#include <memory>

#include "qprompt/core/error.h"
#include "qprompt/core/matrix.h"
#include "qprompt/kernels/device.h"

namespace qprompt::kernels {

// bf16 as stored; arithmetic happens in float32.
struct Bf16 {
  std::uint16_t bits;
};

// Consecutive rows of an activation matrix on the device, borrowed from a Buffer. Only kernels look
// at the memory.
template <typename Byte>
struct BasicView {
  Byte* memory = nullptr;
  NumberFormat format = NumberFormat::kFloat32;
  Index rows = 0, cols = 0;

  template <typename T>
  auto* data() const {
    if constexpr (std::is_const_v<Byte>) {
      return reinterpret_cast<const T*>(memory);
    } else {
      return reinterpret_cast<T*>(memory);
    }
  }
};
using View = BasicView<std::byte>;

struct ConstView : BasicView<const std::byte> {
  ConstView() = default;
  ConstView(const View& view)  // NOLINT: a view may always be read
      : BasicView{view.memory, view.format, view.rows, view.cols} {}
};

// An activation matrix [rows, cols] on the device, row-major. Memory is kept when it shrinks, so
// that a pass allocates once.
class Buffer {
 public:
  // The content is undefined afterwards.
  void resize(Index rows, Index cols, NumberFormat format);

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  NumberFormat format() const { return format_; }
  View view() { return middle_rows(0, rows_); }
  ConstView view() const { return const_cast<Buffer*>(this)->view(); }
  View middle_rows(Index first, Index count);
  ConstView middle_rows(Index first, Index count) const {
    return const_cast<Buffer*>(this)->middle_rows(first, count);
  }

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  std::unique_ptr<std::byte[], Free> memory_;
  std::size_t capacity_ = 0;
  Index rows_ = 0, cols_ = 0;
  NumberFormat format_ = NumberFormat::kFloat32;
};

std::size_t format_size(NumberFormat format);  // bytes per element

void upload(const Matrix& values, View buffer);  // any format, rounded to nearest even
Matrix download(ConstView buffer);
void fill_zero(View buffer);

}  // namespace qprompt::kernels
