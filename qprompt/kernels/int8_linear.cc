#include "qprompt/kernels/int8_linear.h"

#include "qprompt/kernels/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "qprompt/kernels/int8_linear.cc"
#include <hwy/foreach_target.h>

#include "qprompt/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qprompt::kernels {
namespace HWY_NAMESPACE {

// The least and the largest of a row.
template <class T>
void Range(const T* x, Index n, float& least, float& largest) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<Index>(hn::Lanes(d));
  const hn::CappedTag<float, 1> one;
  auto low = hn::Set(d, hn::GetLane(LoadFloats(one, x)));
  auto high = low;
  Index i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto v = LoadFloats(d, x + i);
    low = hn::Min(low, v);
    high = hn::Max(high, v);
  }
  least = hn::GetLane(hn::MinOfLanes(d, low));
  largest = hn::GetLane(hn::MaxOfLanes(d, high));
  for (; i < n; ++i) {
    const float v = hn::GetLane(LoadFloats(one, x + i));
    least = HWY_MIN(least, v);
    largest = HWY_MAX(largest, v);
  }
}

// x = scale q + offset with q in 0..levels.
template <class T>
void RoundRow(const T* x, Index n, float levels, std::uint8_t* q, float* scale, float* offset) {
  float least = 0, largest = 0;
  Range(x, n, least, largest);
  const float step = (largest - least) / levels;
  const float inverse = step > 0 ? 1 / step : 0;
  ForEach(n, [&](auto d, Index i) HWY_ATTR {
    const hn::Rebind<std::uint8_t, decltype(d)> bytes;
    const auto level =
        hn::Mul(hn::Sub(LoadFloats(d, x + i), hn::Set(d, least)), hn::Set(d, inverse));
    hn::StoreU(hn::DemoteTo(bytes, hn::NearestInt(level)), bytes, q + i);
  });
  *scale = step;
  *offset = least;
}

// y = column_scale (scale sum + offset column_sum) + bias
template <class T>
void RestoreRow(const std::int32_t* sums, const float* column_scales, const float* column_sums,
                const float* bias, Index n, float scale, float offset, T* y) {
  ForEach(n, [&](auto d, Index i) HWY_ATTR {
    const hn::RebindToSigned<decltype(d)> di;
    const auto sum = hn::ConvertTo(d, hn::LoadU(di, sums + i));
    const auto shift = hn::Mul(hn::Set(d, offset), hn::LoadU(d, column_sums + i));
    const auto product = hn::MulAdd(hn::Set(d, scale), sum, shift);
    StoreFloats(d, hn::MulAdd(hn::LoadU(d, column_scales + i), product, hn::LoadU(d, bias + i)),
                y + i);
  });
}

void RoundFloat(const float* x, Index n, float levels, std::uint8_t* q, float* scale,
                float* offset) {
  RoundRow(x, n, levels, q, scale, offset);
}
void RoundBf16(const Bf16* x, Index n, float levels, std::uint8_t* q, float* scale, float* offset) {
  RoundRow(x, n, levels, q, scale, offset);
}
void RestoreFloat(const std::int32_t* sums, const float* column_scales, const float* column_sums,
                  const float* bias, Index n, float scale, float offset, float* y) {
  RestoreRow(sums, column_scales, column_sums, bias, n, scale, offset, y);
}
void RestoreBf16(const std::int32_t* sums, const float* column_scales, const float* column_sums,
                 const float* bias, Index n, float scale, float offset, Bf16* y) {
  RestoreRow(sums, column_scales, column_sums, bias, n, scale, offset, y);
}

}  // namespace HWY_NAMESPACE
}  // namespace qprompt::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "qprompt/kernels/onednn.h"

namespace qprompt::kernels {

HWY_EXPORT(RoundFloat);
HWY_EXPORT(RoundBf16);
HWY_EXPORT(RestoreFloat);
HWY_EXPORT(RestoreBf16);

namespace {

using tag = memory::format_tag;
using type = memory::data_type;

// Most rows that a thread takes at a time: half an image of ViT-B/16 has as many, and their sums
// stay in a cache.
constexpr Index kRowsAtOnce = 100;

Index ceil_divide(Index a, Index b) { return (a + b - 1) / b; }

// `rows` as evenly as may be, as many parts for each thread.
Index even_rows(Index rows, int threads) {
  const Index parts = threads * ceil_divide(rows, threads * kRowsAtOnce);
  return ceil_divide(rows, parts);
}

// Without VNNI two products of bytes are added in 16 bits, which 8 bits of x would overflow.
float levels_of(const DeviceInfo& info) {
  const bool pairs_fit = info.instruction_set.starts_with("avx512_core_") ||
                         info.instruction_set.starts_with("avx2_vnni");
  return pairs_fit ? 255.0f : 127.0f;
}

struct RoundedWeight {
  std::vector<std::int8_t> values;  // [out, in]
  Vector scales, sums;              // [out]
};

RoundedWeight rounded(const Matrix& weight) {
  constexpr float kLargest = 127;
  RoundedWeight result{.values = std::vector<std::int8_t>(static_cast<std::size_t>(weight.size())),
                       .scales = weight.cwiseAbs().rowwise().maxCoeff() / kLargest,
                       .sums = Vector::Zero(weight.rows())};
  auto value = result.values.begin();
  for (Index c = 0; c < weight.rows(); ++c) {
    const float inverse = result.scales[c] > 0 ? 1 / result.scales[c] : 0;
    for (Index i = 0; i < weight.cols(); ++i) {
      const float nearest = std::nearbyint(weight(c, i) * inverse);
      *value++ = static_cast<std::int8_t>(nearest);
      result.sums[c] += nearest;
    }
  }
  return result;
}

void round_row(ConstView x, Index row, float levels, std::uint8_t* q, float& scale, float& offset) {
  if (x.format == NumberFormat::kFloat32) {
    const float* from = x.data<float>() + row * x.cols;
    HWY_DYNAMIC_DISPATCH(RoundFloat)(from, x.cols, levels, q, &scale, &offset);
  } else {
    const Bf16* from = x.data<Bf16>() + row * x.cols;
    HWY_DYNAMIC_DISPATCH(RoundBf16)(from, x.cols, levels, q, &scale, &offset);
  }
}

}  // namespace

struct Int8Linear::Impl {
  Impl(const Device& device_in, const Matrix& weight, const Vector& bias_in)
      : device(device_in),
        in(weight.cols()),
        out(weight.rows()),
        levels(levels_of(device.info())),
        bias(bias_in.size() > 0 ? bias_in : Vector::Zero(out)) {
    RoundedWeight values = rounded(weight);
    pack(values.values);
    scales = std::move(values.scales);
    sums = std::move(values.sums);
  }

  void pack(std::vector<std::int8_t>& values) {
    const ThreadScope scope(1);
    const auto description = matmul_primitive(engine(), shape_of(kRowsAtOnce, any_weights()));
    require(description.has_value(), "int8: oneDNN has no product of bytes for this CPU");
    packed = memory(description->weights_desc(), engine());
    memory plain({{in, out}, type::s8, memory::dims{1, in}}, engine(), values.data());
    dnnl::stream stream(engine());
    dnnl::reorder(plain, packed).execute(stream, plain, packed);
    stream.wait();
  }

  memory::desc any_weights() const { return {{in, out}, type::s8, tag::any}; }
  MatmulShape shape_of(Index rows, const memory::desc& weights) const {
    return {memory::desc({rows, in}, type::u8, tag::ab), weights,
            memory::desc({rows, out}, type::s32, tag::ab), std::nullopt};
  }

  // For one thread.
  PreparedMatmul prepared(Index rows) const {
    const MatmulKey key{.in = in,
                        .out = out,
                        .rows = rows,
                        .compute = NumberFormat::kFloat32,
                        .destination = NumberFormat::kFloat32,
                        .has_bias = false,
                        .threads = 1,
                        .int8 = true};
    return device.impl().matmuls.get(key, [&] {
      const auto description = matmul_primitive(engine(), shape_of(rows, packed.get_desc()));
      require(description.has_value(), "int8: oneDNN has no product for ", rows, " rows");
      return PreparedMatmul{*description, dnnl::matmul(*description)};
    });
  }

  // What a thread works in: bytes, scales and offsets of its rows, their sums, the library's own.
  struct Room {
    explicit Room(const Impl& layer, const PreparedMatmul& matmul)
        : codes(rounded_up(kRowsAtOnce * layer.in)),
          sums(rounded_up(kRowsAtOnce * layer.out * 4)),
          scratch(rounded_up(static_cast<Index>(matmul.description.scratchpad_desc().get_size()))) {
    }
    static Index rounded_up(Index bytes) { return (bytes + 63) / 64 * 16; }  // in floats
    Index total() const { return codes + sums + scratch; }

    Index codes, sums, scratch;
  };

  void forward(Stream& stream, ConstView x, View y) const {
    const Index at_once = even_rows(x.rows, stream.threads());
    const Index chunks = ceil_divide(x.rows, at_once);
    const ThreadScope scope(1);
    const PreparedMatmul whole = prepared(at_once);
    const PreparedMatmul last = prepared(x.rows - (chunks - 1) * at_once);
    const Room room_whole(*this, whole), room_last(*this, last);
    const Room& room = room_whole.total() > room_last.total() ? room_whole : room_last;
    const ThreadMemory memory = stream.impl().thread_memory(room.total());
    parallel_tasks(stream.threads(), chunks, [&](Index chunk) {
      const Index first = chunk * at_once, rows = std::min(at_once, x.rows - first);
      multiply(rows == at_once ? whole : last, x, y, first, rows, memory.of_this_thread(), room);
    });
  }

  // Rows [first, first + rows), on this thread alone.
  void multiply(const PreparedMatmul& matmul, ConstView x, View y, Index first, Index rows,
                float* floats, const Room& room) const {
    auto* codes = reinterpret_cast<std::uint8_t*>(floats);
    auto* totals = reinterpret_cast<std::int32_t*>(floats + room.codes);
    float* scratch = floats + room.codes + room.sums;
    std::array<float, kRowsAtOnce> row_scales, offsets;
    for (Index r = 0; r < rows; ++r) {
      round_row(x, first + r, levels, codes + r * in, row_scales[r], offsets[r]);
    }
    const auto& description = matmul.description;
    dnnl::stream own(engine());
    matmul.primitive.execute(
        own, {{DNNL_ARG_SRC, memory(description.src_desc(), engine(), codes)},
              {DNNL_ARG_WEIGHTS, packed},
              {DNNL_ARG_DST, memory(description.dst_desc(), engine(), totals)},
              {DNNL_ARG_SCRATCHPAD, memory(description.scratchpad_desc(), engine(), scratch)}});
    own.wait();
    for (Index r = 0; r < rows; ++r) {
      restore_row(totals + r * out, row_scales[r], offsets[r], y, first + r);
    }
  }

  void restore_row(const std::int32_t* totals, float scale, float offset, View y, Index row) const {
    if (y.format == NumberFormat::kFloat32) {
      HWY_DYNAMIC_DISPATCH(RestoreFloat)
      (totals, scales.data(), sums.data(), bias.data(), out, scale, offset,
       y.data<float>() + row * out);
    } else {
      HWY_DYNAMIC_DISPATCH(RestoreBf16)
      (totals, scales.data(), sums.data(), bias.data(), out, scale, offset,
       y.data<Bf16>() + row * out);
    }
  }

  const dnnl::engine& engine() const { return device.impl().engine; }

  Device device;
  Index in, out;
  float levels;
  Vector scales, sums, bias;  // of the outputs
  memory packed;
};

Int8Linear::Int8Linear(const Device& device, const Matrix& weight, const Vector& bias)
    : impl_(std::make_unique<Impl>(device, weight, bias)) {}
Int8Linear::~Int8Linear() = default;
Int8Linear::Int8Linear(Int8Linear&&) noexcept = default;
Int8Linear& Int8Linear::operator=(Int8Linear&&) noexcept = default;

void Int8Linear::forward(Stream& stream, ConstView x, View y) const {
  require(x.cols == impl_->in && y.cols == impl_->out && x.rows == y.rows, "Int8Linear: [", x.rows,
          ", ", x.cols, "] -> [", y.rows, ", ", y.cols, "] through [", impl_->out, ", ", impl_->in,
          "]");
  if (x.rows > 0) impl_->forward(stream, x, y);
}

}  // namespace qprompt::kernels
#endif
