#include "qprompt/kernels/linear.h"

#include <utility>

#include "qprompt/kernels/convert.h"
#include "qprompt/kernels/int8_linear.h"
#include "qprompt/kernels/onednn.h"
#include "qprompt/kernels/parallel.h"

namespace qprompt::kernels {
namespace {

using tag = memory::format_tag;

// y [n, cols] = x [n, rows] B [rows, cols], for any n.
class PackedProduct {
 public:
  // B(r, c) = values[r * row_stride + c * col_stride]. `compute` is the format of the products.
  PackedProduct(const Device& device, const float* values, memory::dims shape,
                const memory::dims& strides, const Vector& bias, NumberFormat compute)
      : device_(device), compute_(compute), shape_(std::move(shape)), bias_(bias) {
    const ThreadScope scope(device.threads());
    const memory::desc source(shape_, memory::data_type::f32, strides);
    packed_ = memory(packed_desc(), engine());
    memory plain(source, engine(), const_cast<float*>(values));  // a reorder only reads its source
    dnnl::stream stream(engine());
    dnnl::reorder(plain, packed_).execute(stream, plain, packed_);
    stream.wait();
  }

  // x B^T from the same memory, where B lies as plain rows (AVX2); nullopt where the library keeps
  // blocks, which serve one direction.
  std::optional<PackedProduct> transposed() const {
    if (packed_.get_desc() != plain_rows()) return std::nullopt;
    PackedProduct product = *this;
    product.shape_ = {shape_[1], shape_[0]};
    product.bias_ = Vector();
    product.packed_ = memory({product.shape_, data_type(compute_), {1, row_stride()}}, engine(),
                             packed_.get_data_handle());
    product.owner_ = packed_;
    return product;
  }

  void operator()(Stream& stream, ConstView x, View y) const {
    const ThreadScope scope(stream.threads());
    const auto [description, primitive] = prepared(x.rows, y.format);
    std::unordered_map<int, memory> arguments{
        {DNNL_ARG_SRC, memory(description.src_desc(), engine(), const_cast<std::byte*>(x.memory))},
        {DNNL_ARG_WEIGHTS, packed_},
        {DNNL_ARG_DST, memory(description.dst_desc(), engine(), y.memory)}};
    if (bias_.size() > 0) {
      arguments.emplace(DNNL_ARG_BIAS,
                        memory(*bias_desc(), engine(), const_cast<float*>(bias_.data())));
    }
    stream.impl().execute(primitive, description.scratchpad_desc(), std::move(arguments));
  }

 private:
  const dnnl::engine& engine() const { return device_.impl().engine; }

  std::optional<memory::desc> bias_desc() const {
    if (bias_.size() == 0) return std::nullopt;
    return memory::desc({1, shape_[1]}, memory::data_type::f32, tag::ab);
  }

  MatmulShape matmul_shape(Index n, NumberFormat destination, const memory::desc& weights) const {
    return {memory::desc({n, shape_[0]}, data_type(compute_), tag::ab), weights,
            memory::desc({n, shape_[1]}, data_type(destination), tag::ab), bias_desc()};
  }

  // From one row of B to the next: a cache line more than a row has. Rows whole pages apart, of
  // 2,048 or 3,072 floats, would push each other out of the cache, and the library, which reads B
  // as it lies for products of up to some 300 rows, would take twice as long.
  memory::dim row_stride() const {
    constexpr std::size_t kLine = 64;
    return shape_[1] + static_cast<memory::dim>(kLine / format_size(compute_));
  }

  memory::desc plain_rows() const { return {shape_, data_type(compute_), {row_stride(), 1}}; }

  // The packing that the library likes best for a middling number of rows serves all of them.
  memory::desc packed_desc() const {
    constexpr Index kTypicalRows = 256;
    const memory::desc any(shape_, data_type(compute_), tag::any);
    const auto description = matmul_primitive(engine(), matmul_shape(kTypicalRows, compute_, any));
    require(description.has_value(), "Linear: oneDNN has no matrix product for this CPU");
    const memory::desc chosen = description->weights_desc();
    const bool is_plain = chosen == memory::desc(shape_, data_type(compute_), tag::ab) ||
                          chosen == memory::desc(shape_, data_type(compute_), tag::ba);
    return is_plain ? plain_rows() : chosen;
  }

  PreparedMatmul prepared(Index n, NumberFormat destination) const {
    const MatmulKey key{
        shape_[0], shape_[1], n, compute_, destination, bias_.size() > 0, omp_get_max_threads()};
    return device_.impl().matmuls.get(key, [&] {
      const auto description =
          matmul_primitive(engine(), matmul_shape(n, destination, packed_.get_desc()));
      require(description.has_value(), "Linear: oneDNN has no matrix product for ", n, " rows");
      return PreparedMatmul{*description, dnnl::matmul(*description)};
    });
  }

  Device device_;
  NumberFormat compute_;
  memory::dims shape_;
  Vector bias_;
  memory packed_;
  memory owner_;  // of the bytes of `packed_`, where they are another product's
};

Matrix rounded_to_bf16(const Matrix& values) {
  Buffer rounded;
  rounded.resize(values.rows(), values.cols(), NumberFormat::kBfloat16);
  upload(values, rounded.view());
  return download(rounded.view());
}

// Where the CPU has no bf16 products, the same rounded values go through float32 ones.
void multiply_emulated(const PackedProduct& product, Stream& stream, ConstView x, View y) {
  Buffer& source = stream.impl().source;
  source.resize(x.rows, x.cols, NumberFormat::kFloat32);
  convert(stream.threads(), x, source.view().data<float>());
  if (y.format == NumberFormat::kFloat32) return product(stream, source.view(), y);
  Buffer& destination = stream.impl().destination;
  destination.resize(y.rows, y.cols, NumberFormat::kFloat32);
  product(stream, source.view(), destination.view());
  convert(stream.threads(), destination.view().data<float>(), y);
}

}  // namespace

struct Linear::Impl {
  Impl(const Device& device, const Matrix& weight, const Vector& bias,
       Differentiable differentiable, NumberFormat format_in, Products products)
      : in(weight.cols()),
        out(weight.rows()),
        format(format_in),
        emulated(format_in == NumberFormat::kBfloat16 && !device.impl().native) {
    if (products == Products::kInt8) {
      require(differentiable == Differentiable::kNo, "Linear: int8 products have no pull-back");
      int8.emplace(device, weight, bias);
      return;
    }
    const Matrix values = emulated ? rounded_to_bf16(weight) : Matrix();
    const float* w = emulated ? values.data() : weight.data();
    const NumberFormat compute = emulated ? NumberFormat::kFloat32 : format;
    forward.emplace(device, w, memory::dims{in, out}, memory::dims{1, in}, bias, compute);
    if (differentiable == Differentiable::kYes) backward = forward->transposed();
    if (differentiable == Differentiable::kYes && !backward) {
      backward.emplace(device, w, memory::dims{out, in}, memory::dims{in, 1}, Vector(), compute);
    }
  }

  void multiply(const PackedProduct& product, Stream& stream, ConstView x, View y) const {
    require(x.format == format, "Linear: input in another number format than the layer's");
    if (x.rows == 0) return;
    if (emulated) return multiply_emulated(product, stream, x, y);
    product(stream, x, y);
  }

  Index in, out;
  NumberFormat format;
  bool emulated;
  std::optional<PackedProduct> forward, backward;
  std::optional<Int8Linear> int8;
};

Linear::Linear(const Device& device, const Matrix& weight, const Vector& bias,
               Differentiable differentiable, NumberFormat format, Products products)
    : impl_(std::make_unique<Impl>(device, weight, bias, differentiable, format, products)) {}
Linear::~Linear() = default;
Linear::Linear(Linear&&) noexcept = default;
Linear& Linear::operator=(Linear&&) noexcept = default;

Index Linear::inputs() const { return impl_->in; }
Index Linear::outputs() const { return impl_->out; }

void Linear::forward(Stream& stream, ConstView x, View y) const {
  require(x.cols == inputs() && y.cols == outputs() && x.rows == y.rows, "Linear::forward: [",
          x.rows, ", ", x.cols, "] -> [", y.rows, ", ", y.cols, "] through [", outputs(), ", ",
          inputs(), "]");
  if (impl_->int8) return impl_->int8->forward(stream, x, y);
  impl_->multiply(*impl_->forward, stream, x, y);
}

void Linear::pull_back(Stream& stream, ConstView d_y, View d_x) const {
  require(impl_->backward.has_value(), "Linear::pull_back: the layer is not differentiable");
  require(d_y.cols == outputs() && d_x.cols == inputs() && d_y.rows == d_x.rows,
          "Linear::pull_back: [", d_y.rows, ", ", d_y.cols, "] -> [", d_x.rows, ", ", d_x.cols,
          "]");
  impl_->multiply(*impl_->backward, stream, d_y, d_x);
}

}  // namespace qprompt::kernels
