#include "qprompt/kernels/convert.h"

#include <cstring>

#include "qprompt/kernels/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "qprompt/kernels/convert.cc"
#include <hwy/foreach_target.h>

#include "qprompt/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qprompt::kernels {
namespace HWY_NAMESPACE {

template <class From, class To>
void ConvertRange(const From* from, To* to, Index n) {
  ForEach(n, [&](auto d, Index i) HWY_ATTR { StoreFloats(d, LoadFloats(d, from + i), to + i); });
}

void ToBf16(const float* from, Bf16* to, Index n) { ConvertRange(from, to, n); }
void FromBf16(const Bf16* from, float* to, Index n) { ConvertRange(from, to, n); }

}  // namespace HWY_NAMESPACE
}  // namespace qprompt::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qprompt::kernels {

HWY_EXPORT(ToBf16);
HWY_EXPORT(FromBf16);

namespace {
constexpr Index kGrain = 1 << 15;  // elements worth a second thread
}

void convert(int threads, const float* source, View destination) {
  const Index n = destination.rows * destination.cols;
  parallel_for(threads, n, kGrain, [&](Index begin, Index end) {
    if (destination.format == NumberFormat::kFloat32) {
      std::memcpy(destination.data<float>() + begin, source + begin,
                  static_cast<std::size_t>(end - begin) * sizeof(float));
    } else {
      HWY_DYNAMIC_DISPATCH(ToBf16)(source + begin, destination.data<Bf16>() + begin, end - begin);
    }
  });
}

void convert(int threads, ConstView source, float* destination) {
  const Index n = source.rows * source.cols;
  parallel_for(threads, n, kGrain, [&](Index begin, Index end) {
    if (source.format == NumberFormat::kFloat32) {
      std::memcpy(destination + begin, source.data<float>() + begin,
                  static_cast<std::size_t>(end - begin) * sizeof(float));
    } else {
      HWY_DYNAMIC_DISPATCH(FromBf16)(source.data<Bf16>() + begin, destination + begin, end - begin);
    }
  });
}

}  // namespace qprompt::kernels
#endif
