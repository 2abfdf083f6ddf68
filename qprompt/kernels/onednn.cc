#include "qprompt/kernels/onednn.h"

namespace qprompt::kernels {

memory::data_type data_type(NumberFormat format) {
  return format == NumberFormat::kFloat32 ? memory::data_type::f32 : memory::data_type::bf16;
}

namespace {

// The caller owns the scratchpad: the library's own cannot move between threads.
dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

dnnl::post_ops post_operations(Epilogue epilogue) {
  dnnl::post_ops operations;
  if (epilogue == Epilogue::kAddRelu) operations.append_sum();
  if (epilogue != Epilogue::kNone) {
#if DNNL_VERSION_MAJOR >= 3
    operations.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
#else
    operations.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
#endif
  }
  return operations;
}

dnnl::matmul::primitive_desc describe(const dnnl::engine& engine, const MatmulShape& shape) {
  const dnnl::primitive_attr attributes = user_scratchpad();
#if DNNL_VERSION_MAJOR >= 3
  if (shape.bias) {
    return {engine, shape.source, shape.weights, *shape.bias, shape.destination, attributes};
  }
  return {engine, shape.source, shape.weights, shape.destination, attributes};
#else
  const auto operation =
      shape.bias ? dnnl::matmul::desc(shape.source, shape.weights, *shape.bias, shape.destination)
                 : dnnl::matmul::desc(shape.source, shape.weights, shape.destination);
  return {operation, attributes, engine};
#endif
}

}  // namespace

std::optional<dnnl::matmul::primitive_desc> matmul_primitive(const dnnl::engine& engine,
                                                             const MatmulShape& shape) {
  try {
    return describe(engine, shape);
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_unimplemented) return std::nullopt;
    throw;
  }
}

dnnl::convolution_forward::primitive_desc convolution_primitive(const dnnl::engine& engine,
                                                                const ConvolutionParts& parts) {
  constexpr auto kInference = dnnl::prop_kind::forward_inference;
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  const memory::dims strides{parts.stride, parts.stride}, padding{parts.padding, parts.padding};
  dnnl::primitive_attr attributes = user_scratchpad();
  attributes.set_post_ops(post_operations(parts.epilogue));
#if DNNL_VERSION_MAJOR >= 3
  return {engine,  kInference, kDirect, parts.source, parts.weights, parts.bias, parts.destination,
          strides, padding,    padding, attributes};
#else
  const dnnl::convolution_forward::desc operation(kInference, kDirect, parts.source, parts.weights,
                                                  parts.bias, parts.destination, strides, padding,
                                                  padding);
  return {operation, attributes, engine};
#endif
}

std::string effective_instruction_set() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41:
      return "sse41";
    case dnnl::cpu_isa::avx:
      return "avx";
    case dnnl::cpu_isa::avx2:
      return "avx2";
#if DNNL_VERSION_MAJOR >= 3
    case dnnl::cpu_isa::avx2_vnni:
      return "avx2_vnni";
    case dnnl::cpu_isa::avx2_vnni_2:
      return "avx2_vnni_2";
    case dnnl::cpu_isa::avx512_core_amx_fp16:
      return "avx512_core_amx_fp16";
#endif
    case dnnl::cpu_isa::avx512_core:
      return "avx512_core";
    case dnnl::cpu_isa::avx512_core_vnni:
      return "avx512_core_vnni";
    case dnnl::cpu_isa::avx512_core_bf16:
      return "avx512_core_bf16";
#if DNNL_VERSION_MAJOR >= 3
    case dnnl::cpu_isa::avx512_core_fp16:
      return "avx512_core_fp16";
#endif
    case dnnl::cpu_isa::avx512_core_amx:
      return "avx512_core_amx";
    default:
      return "other";
  }
}

void Stream::Impl::execute(const dnnl::primitive& primitive, const memory::desc& scratchpad_desc,
                           std::unordered_map<int, memory> arguments) {
  const auto bytes = static_cast<Index>(scratchpad_desc.get_size());
  if (bytes > 0) {
    const Index floats = (bytes + 3) / 4;
    if (scratchpad.cols() < floats) scratchpad.resize(1, floats, NumberFormat::kFloat32);
    arguments.emplace(DNNL_ARG_SCRATCHPAD,
                      memory(scratchpad_desc, device.impl().engine, scratchpad.view().memory));
  }
  primitive.execute(stream, arguments);
  stream.wait();
}

ThreadMemory Stream::Impl::thread_memory(Index floats_per_thread) {
  if (threads.rows() < device.threads() || threads.cols() < floats_per_thread) {
    threads.resize(device.threads(), floats_per_thread, NumberFormat::kFloat32);
    fill_zero(threads.view());
  }
  return {threads.view().data<float>(), threads.cols()};
}

}  // namespace qprompt::kernels
