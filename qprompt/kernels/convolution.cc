#include "qprompt/kernels/convolution.h"

#include <utility>

#include "qprompt/kernels/onednn.h"
#include "qprompt/kernels/parallel.h"

namespace qprompt::kernels {

using tag = memory::format_tag;
using dnnl::convolution_forward;

// The packing of the weights is the same for all batch sizes.
struct Convolution::Impl {
  Impl(const Device& device_in, const Matrix& weight, const Vector& bias_in,
       const ConvolutionShape& shape_in, Epilogue epilogue_in)
      : device(device_in),
        shape(shape_in),
        epilogue(epilogue_in),
        in(weight.cols() / (shape_in.kernel * shape_in.kernel)),
        out(weight.rows()),
        bias(bias_in) {
    const ThreadScope scope(device.threads());
    constexpr Index kTypicalImages = 8;
    const memory::desc any(weight_dims(), memory::data_type::f32, tag::any);
    packed = memory(describe(kTypicalImages, any).weights_desc(), engine());
    memory plain({weight_dims(), memory::data_type::f32, tag::oihw}, engine(),
                 const_cast<float*>(weight.data()));  // a reorder only reads its source
    dnnl::stream stream(engine());
    dnnl::reorder(plain, packed).execute(stream, plain, packed);
    stream.wait();
  }

  const dnnl::engine& engine() const { return device.impl().engine; }
  Index side_out() const { return (shape.side - 1) / shape.stride + 1; }  // odd kernels
  memory::dims weight_dims() const { return {out, in, shape.kernel, shape.kernel}; }
  memory::desc bias_desc() const { return {{out}, memory::data_type::f32, tag::a}; }

  convolution_forward::primitive_desc describe(Index images, const memory::desc& weights) const {
    const Index side = shape.side, pad = shape.kernel / 2;
    const memory::desc source({images, in, side, side}, memory::data_type::f32, tag::nhwc);
    const memory::desc destination({images, out, side_out(), side_out()}, memory::data_type::f32,
                                   tag::nhwc);
    return convolution_primitive(
        engine(), {source, weights, bias_desc(), destination, shape.stride, pad, epilogue});
  }

  PreparedConvolution prepared(Index images) const {
    const ConvolutionKey key{in,           out,    shape.side, shape.kernel,
                             shape.stride, images, epilogue,   omp_get_max_threads()};
    return device.impl().convolutions.get(key, [&] {
      const auto description = describe(images, packed.get_desc());
      return PreparedConvolution{description, convolution_forward(description)};
    });
  }

  void forward(Stream& stream, ConstView x, View y) const {
    const ThreadScope scope(stream.threads());
    const auto [description, primitive] = prepared(x.rows / (shape.side * shape.side));
    stream.impl().execute(
        primitive, description.scratchpad_desc(),
        {{DNNL_ARG_SRC, memory(description.src_desc(), engine(), const_cast<std::byte*>(x.memory))},
         {DNNL_ARG_WEIGHTS, packed},
         {DNNL_ARG_BIAS, memory(bias_desc(), engine(), const_cast<float*>(bias.data()))},
         {DNNL_ARG_DST, memory(description.dst_desc(), engine(), y.memory)}});
  }

  Device device;
  ConvolutionShape shape;
  Epilogue epilogue;
  Index in, out;
  Vector bias;
  memory packed;
};

Convolution::Convolution(const Device& device, const Matrix& weight, const Vector& bias,
                         const ConvolutionShape& shape, Epilogue epilogue) {
  require(shape.side > 0 && shape.kernel % 2 == 1 && shape.stride > 0 &&
              weight.cols() % (shape.kernel * shape.kernel) == 0 && bias.size() == weight.rows(),
          "Convolution: weight [", weight.rows(), ", ", weight.cols(), "], bias [", bias.size(),
          "], kernel ", shape.kernel, ", stride ", shape.stride, ", side ", shape.side);
  impl_ = std::make_unique<Impl>(device, weight, bias, shape, epilogue);
}
Convolution::~Convolution() = default;
Convolution::Convolution(Convolution&&) noexcept = default;
Convolution& Convolution::operator=(Convolution&&) noexcept = default;

Index Convolution::inputs() const { return impl_->in; }
Index Convolution::outputs() const { return impl_->out; }
Index Convolution::side_out() const { return impl_->side_out(); }

void Convolution::forward(Stream& stream, ConstView x, View y) const {
  const Index pixels = impl_->shape.side * impl_->shape.side, images = x.rows / pixels;
  require(x.format == NumberFormat::kFloat32 && y.format == NumberFormat::kFloat32 &&
              x.cols == inputs() && x.rows == images * pixels && y.cols == outputs() &&
              y.rows == images * side_out() * side_out(),
          "Convolution::forward: [", x.rows, ", ", x.cols, "] -> [", y.rows, ", ", y.cols,
          "] through ", inputs(), " -> ", outputs(), " channels of side ", impl_->shape.side);
  if (images > 0) impl_->forward(stream, x, y);
}

void average_pool(Stream& stream, Index side, Index size, ConstView x, View y) {
  const Index pooled = side / size;
  require(side % size == 0 && x.rows % (side * side) == 0 && x.cols == y.cols &&
              y.rows == x.rows / (size * size),
          "average_pool: [", x.rows, ", ", x.cols, "] of side ", side, " -> [", y.rows, ", ",
          y.cols, "] by ", size);
  using Row = Eigen::Map<Eigen::RowVectorXf>;
  using Square = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;
  const float scale = 1.0f / static_cast<float>(size * size);
  parallel_for(stream.threads(), y.rows, pooled, [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      const Index image_row = r / pooled, col = r % pooled;  // rows of pixels, over all images
      Row mean(y.data<float>() + r * y.cols, y.cols);
      mean.setZero();
      for (Index dy = 0; dy < size; ++dy) {
        const Index pixel = (image_row * size + dy) * side + col * size;
        mean += Square(x.data<float>() + pixel * x.cols, size, x.cols, Eigen::OuterStride<>(x.cols))
                    .colwise()
                    .sum();
      }
      mean *= scale;
    }
  });
}

}  // namespace qprompt::kernels
