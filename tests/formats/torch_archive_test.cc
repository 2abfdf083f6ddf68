#include "qprompt/formats/torch_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/core/file.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/torch_writer.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using testing::bytes_of;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::PickleWriter;
using testing::TemporaryFolder;

// Storage "0": the floats 0 to 11.
std::string twelve() { return bytes_of<float>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}); }

class TorchFile : public ::testing::Test {
 protected:
  fs::path archive(std::map<std::string, std::string> entries) {
    testing::write_archive(folder_ / "x.pt", entries);
    return folder_ / "x.pt";
  }

  // {"weight": tensor} with storage "0" holding twelve floats.
  fs::path with_tensor(const PickleWriter::Tensor& tensor) {
    PickleWriter pickle;
    pickle.dict().mark().text("weight").tensor(tensor).set_items();
    return archive({{"data.pkl", pickle.stop()}, {"data/0", twelve()}});
  }

  Matrix read(const PickleWriter::Tensor& tensor) {
    return to_matrix(TorchArchive(with_tensor(tensor)).at("weight"));
  }

  std::string refusal(const PickleWriter::Tensor& tensor) {
    const fs::path path = with_tensor(tensor);
    const std::string message = error_of([&] { TorchArchive(path).at("weight"); });
    EXPECT_THAT(message, HasSubstr("x.pt: tensor 'weight'"));
    return message;
  }

  TemporaryFolder folder_;
};

TEST_F(TorchFile, ReadsADenseTensor) {
  EXPECT_EQ(read({.storage_size = 12, .shape = {2, 3}, .strides = {3, 1}}),
            (Matrix(2, 3) << 0, 1, 2, 3, 4, 5).finished());
}

TEST_F(TorchFile, HonoursOffsetAndSharedStorage) {
  PickleWriter pickle;
  pickle.dict().mark();
  pickle.text("a").tensor({.storage_size = 12, .offset = 2, .shape = {2}, .strides = {1}});
  pickle.text("b").tensor({.storage_size = 12, .offset = 3, .shape = {2}, .strides = {1}});
  const TorchArchive file(archive({{"data.pkl", pickle.set_items().stop()}, {"data/0", twelve()}}));
  EXPECT_EQ(to_matrix(file.at("a")), (Matrix(1, 2) << 2, 3).finished());
  EXPECT_EQ(to_matrix(file.at("b")), (Matrix(1, 2) << 3, 4).finished());
}

TEST_F(TorchFile, GathersStridedTensors) {
  EXPECT_EQ(read({.storage_size = 12, .shape = {3, 2}, .strides = {1, 3}}),
            (Matrix(3, 2) << 0, 3, 1, 4, 2, 5).finished());
  EXPECT_EQ(read({.storage_size = 12, .offset = 1, .shape = {2, 2}, .strides = {6, 2}}),
            (Matrix(2, 2) << 1, 3, 7, 9).finished());
  // The stride of a dimension of one is never used.
  EXPECT_EQ(read({.storage_size = 12, .shape = {1, 2}, .strides = {999, 1}}),
            (Matrix(1, 2) << 0, 1).finished());
}

TEST_F(TorchFile, ReadsScalarsAndEmptyTensors) {
  EXPECT_EQ(read({.storage_size = 12, .offset = 7}), Matrix::Constant(1, 1, 7));
  EXPECT_EQ(read({.storage_size = 12, .shape = {0, 5}, .strides = {5, 1}}).size(), 0);
  EXPECT_EQ(read({.storage_size = 0, .shape = {0, 5}, .strides = {1LL << 62, 1LL << 62}}).size(),
            0);
}

TEST_F(TorchFile, KeepsAViewAliveWithoutTheArchive) {
  const fs::path path = with_tensor({.storage_size = 12, .shape = {2}, .strides = {1}});
  auto file = std::make_unique<TorchArchive>(path);
  const TensorView view = file->at("weight");
  file->drop_pages();
  file.reset();
  EXPECT_EQ(to_matrix(view), (Matrix(1, 2) << 0, 1).finished());
}

TEST_F(TorchFile, IgnoresTheDevice) {
  EXPECT_EQ(read({.device = "cuda:0", .storage_size = 12, .shape = {1}, .strides = {1}}).size(), 1);
}

TEST_F(TorchFile, KnowsEveryNumberFormat) {
  for (const auto& [storage, type] :
       std::map<std::string, ElementType>{{"HalfStorage", ElementType::kFloat16},
                                          {"BFloat16Storage", ElementType::kBfloat16},
                                          {"DoubleStorage", ElementType::kFloat64},
                                          {"LongStorage", ElementType::kInt64},
                                          {"BoolStorage", ElementType::kBool}}) {
    const auto path =
        with_tensor({.storage_type = storage, .storage_size = 6, .shape = {2}, .strides = {1}});
    EXPECT_EQ(TorchArchive(path).at("weight").type, type);
  }
}

TEST_F(TorchFile, NamesTensorsByTheirPathThroughDictsAndModules) {
  const PickleWriter::Tensor tensor{.storage_size = 12, .shape = {1}, .strides = {1}};
  PickleWriter pickle;  // {"state_dict": {"a.b": t}, 3: {"p": Parameter(t)}, "net": Module(w=t)}
  pickle.dict().mark();
  pickle.text("state_dict").ordered_dict().mark().text("a.b").tensor(tensor).set_items();
  pickle.integer(3).dict().mark().text("p").global("torch._utils", "_rebuild_parameter").mark();
  pickle.tensor(tensor).raw("\x89").ordered_dict().tuple().reduce().set_items();
  pickle.text("net").global("__torch__.m", "Net").raw(")\x81}").mark().text("training").raw("\x89");
  pickle.text("w").tensor(tensor).set_items().raw("b").set_items();
  const TorchArchive file(archive({{"data.pkl", pickle.stop()}, {"data/0", twelve()}}));
  std::vector<std::string> names;
  for (const auto& [name, info] : file.tensors()) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("3.p", "net.w", "state_dict.a.b"));
}

TEST_F(TorchFile, PassesOverObjectsItDoesNotKnow) {
  PickleWriter pickle;
  pickle.dict().mark();
  pickle.text("scheduler").global("torch.optim.lr_scheduler", "CosineAnnealingLR").raw(")\x81}");
  pickle.mark().text("lr").raw("K\x01").set_items().raw("b");
  pickle.text("w").tensor({.storage_size = 12, .shape = {1}, .strides = {1}}).set_items();
  const TorchArchive file(archive({{"data.pkl", pickle.stop()}, {"data/0", twelve()}}));
  EXPECT_EQ(file.tensors().size(), 1u);
}

TEST_F(TorchFile, TellsTorchScriptFromStateDicts) {
  const std::string empty = PickleWriter().dict().stop();
  EXPECT_FALSE(TorchArchive(archive({{"data.pkl", empty}})).is_torch_script());
  EXPECT_TRUE(
      TorchArchive(archive({{"data.pkl", empty}, {"constants.pkl", ""}})).is_torch_script());
}

TEST_F(TorchFile, RefusesTensorsThatLeaveTheirStorage) {
  EXPECT_THAT(refusal({.storage_size = 12, .shape = {13}, .strides = {1}}),
              HasSubstr("shape [13] with strides [1] from element 0 leaves its storage of 12"));
  refusal({.storage_size = 12, .offset = 12, .shape = {1}, .strides = {1}});
  refusal({.storage_size = 12, .offset = 1LL << 62, .shape = {1}, .strides = {1}});
  refusal({.storage_size = 12, .shape = {2, 2}, .strides = {11, 2}});
  refusal({.storage_size = 12, .shape = {3, 3}, .strides = {1LL << 62, 1LL << 62}});
  refusal({.storage_size = 12, .shape = {1LL << 32, 1LL << 32}, .strides = {1, 1}});
}

TEST_F(TorchFile, RefusesStoragesSmallerThanPromised) {
  EXPECT_THAT(refusal({.storage_size = 1000, .shape = {100}, .strides = {1}}),
              HasSubstr("ends at element 99 of a storage of 12"));
  EXPECT_THAT(error_of([&] {
                const auto path =
                    with_tensor({.key = "7", .storage_size = 12, .shape = {1}, .strides = {1}});
                TorchArchive(path).at("weight");
              }),
              HasSubstr("no entry 'archive/data/7'"));
}

TEST_F(TorchFile, RefusesNegativeAndMalformedNumbers) {
  refusal({.storage_size = 12, .offset = -1, .shape = {1}, .strides = {1}});
  refusal({.storage_size = 12, .shape = {-1}, .strides = {1}});
  refusal({.storage_size = 12, .shape = {2}, .strides = {-1}});
  refusal({.storage_size = 12, .shape = {2, 2}, .strides = {1}});
}

TEST_F(TorchFile, RefusesToRepeatElementsWithoutEnd) {
  EXPECT_THAT(refusal({.storage_size = 12, .shape = {1LL << 40}, .strides = {0}}),
              HasSubstr("repeats elements"));
  refusal({.storage_size = 12, .shape = {1LL << 61}, .strides = {0}});
}

TEST_F(TorchFile, RefusesDictsInCircles) {
  const auto path =
      archive({{"data.pkl", "\x80\x02}q\x01X\x01" + std::string(3, '\0') + "ah\x01s."}});
  EXPECT_THAT(error_of([&] { TorchArchive{path}; }), HasSubstr("hostile pickle"));
}

TEST_F(TorchFile, RefusesDictsThatShareTheirWayToExponentialSize) {
  // d0 = {}; d1 = {a: d0, b: d0}; ... d40 has 2^40 paths.
  std::string pickle = "\x80\x02}";
  for (int level = 0; level < 40; ++level) {
    const std::string slot(1, static_cast<char>(level + 100));
    pickle += "q" + slot + "0}(U\1ah" + slot + "U\1bh" + slot + "u";
  }
  const auto path = archive({{"data.pkl", pickle + "."}});
  EXPECT_THAT(error_of([&] { TorchArchive{path}; }), HasSubstr("hostile pickle"));
}

TEST_F(TorchFile, RefusesEveryTruncation) {
  const auto path = with_tensor({.storage_size = 12, .shape = {2, 3}, .strides = {3, 1}});
  const std::string whole = read_text(path);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto cut = folder_.file("cut.pt", whole.substr(0, size));
    EXPECT_THAT(error_of([&] { TorchArchive{cut}; }), HasSubstr("cut.pt")) << size << " bytes";
  }
}

TEST_F(TorchFile, NoticesEveryChangedByteOfAStorage) {
  const auto path = with_tensor({.storage_size = 12, .shape = {12}, .strides = {1}});
  std::string whole = read_text(path);
  const std::size_t data = whole.find(twelve());
  ASSERT_NE(data, whole.npos);
  for (std::size_t i = 0; i < twelve().size(); i += 5) {
    std::string changed = whole;
    changed[data + i] = static_cast<char>(changed[data + i] ^ 4);
    const TorchArchive file(folder_.file("changed.pt", changed));
    EXPECT_THAT(error_of([&] { file.at("weight"); }), HasSubstr("is damaged"));
  }
}

TEST_F(TorchFile, SurvivesEveryChangedByte) {
  const auto path = with_tensor({.storage_size = 12, .shape = {2, 3}, .strides = {3, 1}});
  const std::string whole = read_text(path);
  int refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0xff);
    try {
      TorchArchive(folder_.file("changed.pt", changed)).at("weight");
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, static_cast<int>(whole.size()) / 2);
}

TEST_F(TorchFile, RefusesCompressedEntries) {
  const std::string empty = PickleWriter().dict().text(std::string(1000, 'x')).raw("0").stop();
  testing::write_archive(folder_ / "z.pt", {{"data.pkl", empty}}, true);
  EXPECT_THAT(error_of([&] { TorchArchive(folder_ / "z.pt"); }),
              HasSubstr("z.pt: entry 'archive/data.pkl' is compressed"));
}

TEST_F(TorchFile, RefusesOtherArchives) {
  EXPECT_THAT(error_of([&] {
                TorchArchive(archive({{"readme", "hello"}}));
              }),
              HasSubstr("a zip archive without data.pkl"));
  EXPECT_THAT(error_of([&] { TorchArchive(folder_.file("text", "hello")); }),
              HasSubstr("text: damaged or truncated zip archive"));
  EXPECT_THAT(
      error_of([&] {
        TorchArchive(archive({{"data.pkl", PickleWriter().dict().stop()}, {"byteorder", "big"}}));
      }),
      HasSubstr("big-endian"));
}

}  // namespace
}  // namespace qprompt
