#include "qprompt/kernels/device.h"

#include <omp.h>

#include <thread>

#include "qprompt/core/threads.h"
#include "qprompt/kernels/attention.h"
#include "tests/kernels/kernel_test.h"

namespace qprompt::kernels {
namespace {

TEST(ChooseFormat, IsATableOfInstructionSetAndVendor) {
  constexpr auto kFp32 = NumberFormat::kFloat32, kBf16 = NumberFormat::kBfloat16;
  struct Row {
    std::string instruction_set, vendor;
    NumberFormat format;
  };
  const std::vector<Row> table{
      {"sse41", "GenuineIntel", kFp32},
      {"avx2", "AuthenticAMD", kFp32},
      {"avx2_vnni_2", "GenuineIntel", kFp32},
      {"avx512_core", "GenuineIntel", kFp32},
      {"avx512_core_vnni", "GenuineIntel", kFp32},
      {"avx512_core_bf16", "GenuineIntel", kFp32},
      {"avx512_core_bf16", "AuthenticAMD", kBf16},
      {"avx512_core_fp16", "GenuineIntel", kFp32},
      {"avx512_core_fp16", "AuthenticAMD", kBf16},
      {"avx512_core_amx", "GenuineIntel", kBf16},
      {"avx512_core_amx_fp16", "GenuineIntel", kBf16},
      {"other", "unknown", kFp32},
  };
  for (const Row& row : table) {
    const FormatChoice choice = choose_format(row.instruction_set, row.vendor);
    EXPECT_EQ(choice.format, row.format) << row.instruction_set << ", " << row.vendor;
    EXPECT_FALSE(choice.reason.empty());
  }
}

TEST(Device, DoesWhatItWasAskedFor) {
  const Device device({.threads = 3, .precision = Precision::kBfloat16});
  EXPECT_EQ(device.threads(), 3);
  EXPECT_EQ(device.format(), NumberFormat::kBfloat16);
  EXPECT_EQ(device.info().format, NumberFormat::kBfloat16);
  EXPECT_EQ(device.info().reason.find("asked for"), 0u);
}

TEST(Device, DecidesByTheTableAndTheUsableCoresOtherwise) {
  const Device device;
  const DeviceInfo info = device.info();
  EXPECT_EQ(device.format(), choose_format(info.instruction_set, info.vendor).format);
  EXPECT_EQ(device.threads(), usable_cores());
  EXPECT_EQ(info.library.find("oneDNN "), 0u);
}

TEST(Stream, LeavesTheApplicationsThreadCountAlone) {
  omp_set_num_threads(3);
  const Stream stream(Device({.threads = 1}));
  EXPECT_EQ(omp_get_max_threads(), 3);
}

// Scratch memory is a piece per thread: a stream must keep its own number of threads wherever it
// runs.
TEST(Stream, KeepsItsThreadsBesideOtherStreamsAndOnOtherThreads) {
  constexpr auto kFloat32 = NumberFormat::kFloat32;
  Random random(2);
  Stream narrow(device_of(kFloat32, 1));
  Stream wide(device_of(kFloat32, 4));
  const Sequences sequences{0, {0, 9, 20, 33, 40}, true};
  const Buffer qkv = buffer_of(random.normal_matrix(40, 36, 1), kFloat32);
  const auto run = [&](Stream& stream) {
    Buffer y = unwritten(40, 12, kFloat32);
    attention(stream, sequences, 3, Queries::kAll, qkv.view(), y.view());
    return y;
  };
  const Buffer here = run(narrow);
  Buffer there;
  std::thread([&] {
    omp_set_num_threads(8);
    there = run(narrow);
  }).join();
  expect_same(here, there);
  expect_same(here, run(wide));
}

}  // namespace
}  // namespace qprompt::kernels
