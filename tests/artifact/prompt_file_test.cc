#include "qprompt/artifact/prompt_file.h"

#include <gmock/gmock.h>

#include <cstring>
#include <limits>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/half.h"
#include "qprompt/core/random.h"
#include "qprompt/quant/quantizer.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

bool same_bits(const ParameterMap& a, const ParameterMap& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.rows() == y.second.rows() &&
           x.second.cols() == y.second.cols() &&
           std::memcmp(x.second.data(), y.second.data(), x.second.size() * sizeof(float)) == 0;
  });
}

PromptFile with_matrices(std::vector<StoredMatrix> matrices) {
  return {.backbone = 0x0123456789ABCDEF, .method = CoOpConfig{}, .matrices = std::move(matrices)};
}

PromptFile through_bytes(const PromptFile& file) {
  return prompt_file_from_bytes(to_bytes(file), "p.qprompt");
}

// QCoOp, 1 bit, 4 tokens of a 512-wide text tower.
PromptFile qcoop() {
  Quantizer quantizer({.bits = "1"});
  const ParameterMap learned{{"ctx", Random(1).normal_matrix(4, 512, 0.02)}};
  quantizer.adapt(learned, 0);
  return with_matrices(stored_matrices(learned, quantizer.encode(learned)));
}

std::filesystem::path temporary(const std::string& name) {
  return std::filesystem::path(::testing::TempDir()) / name;
}

TEST(PromptFile, IsAtMost320BytesForOneBitQCoOp) {
  EXPECT_EQ(payload_size(qcoop()), 260u);
  EXPECT_LE(to_bytes(qcoop()).size(), 320u);
}

TEST(PromptFile, DeploysWhatTheQuantizerDeploysAtEveryWidth) {
  const ParameterMap clustered{{"ctx", Random(1).normal_matrix(3, 37, 0.02)},
                               {"weight", Random(2).normal_matrix(19, 7, 0.5)}};
  const ParameterMap moved{{"ctx", Random(3).normal_matrix(3, 37, 0.05)},
                           {"weight", Random(4).normal_matrix(19, 7, 0.4)}};
  for (const Statistics statistics : {Statistics::kEveryStep, Statistics::kAtClustering}) {
    for (int bits = 1; bits <= 8; ++bits) {
      Quantizer quantizer({.bits = std::to_string(bits), .statistics = statistics});
      quantizer.adapt(clustered, 0);
      const PromptFile file = with_matrices(stored_matrices(moved, quantizer.encode(moved)));
      EXPECT_EQ(bits_per_value(file.matrices[0]), bits);
      EXPECT_TRUE(same_bits(values(through_bytes(file)), quantizer.deployed(moved))) << bits;
      EXPECT_TRUE(same_bits(values(through_bytes(file)), quantizer.quantize(moved, 0))) << bits;
    }
  }
}

TEST(PromptFile, StoresFp16WhereThatLosesNothingElseFloat32) {
  const Matrix exact = Random(1).normal_matrix(5, 6, 1);
  const Matrix half = round_to_half(exact);
  const PromptFile file = with_matrices(stored_matrices({{"exact", exact}, {"half", half}}, {}));
  EXPECT_EQ(bits_per_value(file.matrices[0]), 32);
  EXPECT_EQ(bits_per_value(file.matrices[1]), 16);
  EXPECT_EQ(payload_size(file), 30u * 4 + 30u * 2);
  EXPECT_TRUE(same_bits(values(through_bytes(file)), {{"exact", exact}, {"half", half}}));
}

TEST(PromptFile, KeepsEveryHalfValueIncludingMinusZero) {
  Matrix all(1, 63488);
  Index n = 0;
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const float value = half_value(static_cast<std::uint16_t>(bits));
    if (std::isfinite(value)) all(0, n++) = value;
  }
  ASSERT_EQ(n, all.size());
  const PromptFile file = with_matrices({{"all", all}});
  EXPECT_EQ(payload_size(file), 2u * 63488);
  EXPECT_TRUE(same_bits(values(through_bytes(file)), {{"all", all}}));
}

TEST(PromptFile, MixesQuantizedAndOtherMatricesInTheirOrder) {
  Quantizer quantizer({.bits = "4"});
  const ParameterMap weight{{"b.weight", Random(1).normal_matrix(8, 8, 1)}};
  ParameterMap all = weight;
  all["a.bias"] = Matrix::Constant(1, 8, 0.5F);
  PromptFile file = with_matrices(stored_matrices(all, quantizer.encode(weight)));
  std::swap(file.matrices[0], file.matrices[1]);
  const PromptFile loaded = through_bytes(file);
  EXPECT_EQ(loaded.matrices[0].name, "b.weight");
  EXPECT_EQ(loaded.matrices[1].name, "a.bias");
  EXPECT_EQ(payload_size(loaded.matrices[0]), 32u + 32u);
  EXPECT_EQ(payload_size(loaded.matrices[1]), 16u);
}

// 3,548,160 weights at 4 bits, as QMaPLe has them at ViT-B/16: 1,774,080 bytes of codes.
TEST(Payload, OfQMaPLeIsCodesCodebooksAndBiases) {
  PromptFile file = with_matrices({});
  const auto add_coded = [&](const std::string& name, Index rows, Index cols) {
    const auto count = static_cast<std::size_t>(rows * cols);
    file.matrices.push_back({name, EncodedMatrix{.rows = rows,
                                                 .cols = cols,
                                                 .bits = 4,
                                                 .codebook = std::vector<std::uint16_t>(16),
                                                 .codes = std::vector<std::byte>(count / 2)}});
  };
  add_coded("ctx", 2, 512);
  for (int layer = 0; layer < 9; ++layer) {
    const std::string n = std::to_string(layer);
    if (layer < 8) add_coded("compound_prompts_text." + n, 2, 512);
    add_coded("projection." + n + ".weight", 768, 512);
    file.matrices.push_back({"projection." + n + ".bias", Matrix::Constant(1, 768, 0.5F)});
  }
  const Payload expected{.codes = 1'774'080, .codebooks = 18 * 32, .fp16 = 9 * 768 * 2};
  EXPECT_EQ(payload(file), expected);
  EXPECT_EQ(payload_size(file), expected.total());
}

TEST(Payload, TellsFp16FromFp32) {
  Matrix beyond_fp16(1, 3);
  beyond_fp16 << 0.5F, 1e6F, 0.1F;
  const ParameterMap rounded =
      round_to_half({{"a", Matrix::Constant(2, 4, 0.1F)}, {"b", beyond_fp16}});
  EXPECT_EQ(payload(with_matrices(stored_matrices(rounded, {}))),
            (Payload{.fp16 = 16, .fp32 = 12}));
}

TEST(PromptFile, KeepsMethodBackboneAndClassList) {
  PromptFile file = qcoop();
  file.method = CoOpConfig{.n_ctx = 300,
                           .ctx_init = "ein Foto eines schönen",
                           .class_specific = true,
                           .class_token_position = ClassTokenPosition::kMiddle};
  file.class_list = 77;
  const PromptFile loaded = through_bytes(file);
  EXPECT_EQ(loaded.backbone, 0x0123456789ABCDEFu);
  EXPECT_EQ(loaded.class_list, 77u);
  const auto& config = std::get<CoOpConfig>(loaded.method);
  EXPECT_EQ(config.n_ctx, 300);
  EXPECT_EQ(config.ctx_init, "ein Foto eines schönen");
  EXPECT_TRUE(config.class_specific);
  EXPECT_EQ(config.class_token_position, ClassTokenPosition::kMiddle);
  EXPECT_EQ(to_bytes(loaded), to_bytes(file));
}

TEST(PromptFile, IsTheSameOnDisk) {
  const auto path = temporary("same.qprompt");
  save_prompt_file(qcoop(), path);
  EXPECT_EQ(std::filesystem::file_size(path), to_bytes(qcoop()).size());
  EXPECT_EQ(to_bytes(load_prompt_file(path)), to_bytes(qcoop()));
}

TEST(PromptFile, NamesTheFileThatIsMissingEmptyOrNoPrompt) {
  const auto missing = temporary("missing.qprompt");
  std::filesystem::remove(missing);
  EXPECT_THAT([&] { load_prompt_file(missing); }, ThrowsMessage<Error>(HasSubstr("missing.qpro")));
  const auto empty = temporary("empty.qprompt");
  write_file(empty, std::string_view(""));
  EXPECT_THAT([&] { load_prompt_file(empty); }, ThrowsMessage<Error>(HasSubstr("empty.qprompt")));
  const auto text = temporary("text.qprompt");
  write_file(text, std::string_view("a photo of a"));
  EXPECT_THAT([&] { load_prompt_file(text); }, ThrowsMessage<Error>(HasSubstr("text.qprompt")));
}

TEST(PromptFile, RefusesToStoreWhatCannotBeLoaded) {
  const Matrix one = Matrix::Ones(1, 1);
  EXPECT_THROW(to_bytes(with_matrices({{"a", one}, {"a", one}})), Error);
  EXPECT_THROW(to_bytes(with_matrices({{"a", Matrix(0, 3)}})), Error);
  const Matrix nan = Matrix::Constant(1, 2, std::numeric_limits<float>::quiet_NaN());
  EXPECT_THAT(
      [&] {
        to_bytes(with_matrices({{"bad", nan}}));
      },
      ThrowsMessage<Error>(HasSubstr("'bad'")));
  EncodedMatrix torn = std::get<EncodedMatrix>(qcoop().matrices[0].content);
  torn.codes.pop_back();
  EXPECT_THROW(to_bytes(with_matrices({{"torn", torn}})), Error);
}

TEST(ClassListHash, TellsListsApart) {
  const std::vector<std::string> list{"cat", "dog"};
  EXPECT_EQ(class_list_hash(list), class_list_hash(list));
  EXPECT_NE(class_list_hash(list), class_list_hash(std::vector<std::string>{"dog", "cat"}));
  EXPECT_NE(class_list_hash(list), class_list_hash(std::vector<std::string>{"catdog"}));
  EXPECT_NE(class_list_hash(std::vector<std::string>{}), 0u);
}

}  // namespace
}  // namespace qprompt
