#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <memory>
#include <utility>

#include "qprompt/core/matrix.h"

namespace qprompt::python {

template <typename Scalar>
using Array = nanobind::ndarray<nanobind::numpy, Scalar, nanobind::ndim<2>>;

// A matrix as an array of NumPy, which owns it from now on: nothing is copied.
template <typename Derived>
auto as_array(Derived&& matrix) {
  using Owned = std::remove_cvref_t<Derived>;
  auto owned = std::make_unique<Owned>(std::forward<Derived>(matrix));
  Owned& values = *owned;
  const nanobind::capsule owner(owned.release(), [](void* held) noexcept {
    delete static_cast<Owned*>(held);  // NOLINT(cppcoreguidelines-owning-memory): Python's owner
  });
  return Array<typename Owned::Scalar>(
      values.data(),
      {static_cast<std::size_t>(values.rows()), static_cast<std::size_t>(values.cols())}, owner);
}

}  // namespace qprompt::python
