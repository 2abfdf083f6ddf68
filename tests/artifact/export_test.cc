#include "qprompt/artifact/export.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "qprompt/artifact/reference_checkpoint.h"
#include "qprompt/core/file.h"
#include "qprompt/core/random.h"
#include "qprompt/formats/safetensors.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using ::testing::HasSubstr;

std::vector<ParameterSpec> parameters_of(const ParameterMap& values) {
  std::vector<ParameterSpec> parameters;
  for (const auto& [name, m] : values) parameters.push_back({name, m.rows(), m.cols()});
  return parameters;
}

class Export : public ::testing::Test {
 protected:
  std::map<std::string, std::vector<Index>> shapes_of(const ParameterMap& values,
                                                      Index classes = 0) {
    export_learned_values(values, classes, path_);
    const Safetensors file(path_);
    std::map<std::string, std::vector<Index>> shapes;
    for (const auto& [name, view] : file.tensors()) shapes[name] = view.shape;
    return shapes;
  }

  Matrix random(Index rows, Index cols) { return random_.normal_matrix(rows, cols, 1); }

  Random random_{1};
  testing::TemporaryFolder folder_;
  fs::path path_ = folder_ / "prompt.safetensors";
};

using Shapes = std::map<std::string, std::vector<Index>>;

TEST_F(Export, NamesPromptLearnersAsTheySaveThemselves) {
  EXPECT_EQ(shapes_of({{"ctx", random(4, 8)}}), (Shapes{{"ctx", {4, 8}}}));
  EXPECT_EQ(shapes_of({{"ctx", random(4, 8)}, {"meta_net.linear1.bias", random(1, 3)}}),
            (Shapes{{"ctx", {4, 8}}, {"meta_net.linear1.bias", {3}}}));
}

TEST_F(Export, NamesWholeModelsAsTheySaveThemselves) {
  EXPECT_EQ(shapes_of({{"ctx", random(2, 8)},
                       {"proj.weight", random(6, 8)},
                       {"proj.bias", random(1, 6)},
                       {"compound_prompts_text.0", random(2, 8)}}),
            (Shapes{{"prompt_learner.ctx", {2, 8}},
                    {"prompt_learner.proj.weight", {6, 8}},
                    {"prompt_learner.proj.bias", {6}},
                    {"prompt_learner.compound_prompts_text.0", {2, 8}}}));
  EXPECT_EQ(shapes_of({{"vision", random(2, 6)}, {"deep_vision.0", random(2, 6)}}),
            (Shapes{{"image_encoder.VPT", {2, 6}},
                    {"image_encoder.transformer.resblocks.1.VPT_shallow", {2, 6}}}));
}

TEST_F(Export, GroupsContextsByClass) {
  EXPECT_EQ(shapes_of({{"ctx", random(12, 8)}}, 3), (Shapes{{"ctx", {3, 4, 8}}}));
  EXPECT_THAT(error_of([&] { shapes_of({{"ctx", random(12, 8)}}, 5); }), HasSubstr("5 classes"));
}

TEST_F(Export, IsReadBackExactly) {
  for (const Index classes : {0, 2}) {
    const ParameterMap values{{"ctx", random(4, 8)},           {"deep_text.0", random(4, 8)},
                              {"deep_text.1", random(4, 8)},   {"vision", random(3, 6)},
                              {"deep_vision.0", random(3, 6)}, {"proj.bias", random(1, 6)}};
    export_learned_values(values, classes, path_);
    EXPECT_EQ(ReferenceCheckpoint(path_).read(parameters_of(values)), values);
  }
}

TEST_F(Export, NamesTheMatrixThatTheReferenceDoesNotHave) {
  EXPECT_THAT(error_of([&] {
                export_learned_values({{"mine", random(1, 1)}}, 0, path_);
              }),
              HasSubstr("'mine'"));
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(Export, WritesAClassMatrixWithItsNames) {
  const Matrix matrix = random(2, 5);
  const std::vector<std::string> names{"Löwe", "\"dog\", or cat"};
  export_class_matrix(matrix, names, path_);
  const Safetensors file(path_);
  EXPECT_EQ(to_matrix(file.at("class_matrix")), matrix);
  EXPECT_EQ(nlohmann::json::parse(file.metadata().at("classnames")), nlohmann::json(names));
}

TEST_F(Export, WritesAClassMatrixForNumPy) {
  export_class_matrix(random(2, 5), {"a", "b"}, folder_ / "m.npy");
  EXPECT_THAT(read_text(folder_ / "m.npy"), HasSubstr("'shape': (2, 5)"));
}

TEST_F(Export, RefusesOtherExtensionsAndOtherNumbersOfNames) {
  EXPECT_THAT(error_of([&] { export_class_matrix(random(1, 2), {"a"}, folder_ / "m.csv"); }),
              HasSubstr("'.csv'"));
  EXPECT_THAT(error_of([&] {
                export_class_matrix(random(1, 2), {"a", "b"}, path_);
              }),
              HasSubstr("2 class names"));
}

// The reference's own names of what IVLP and VPT learn, under their module's prefix.
TEST(Reference, ExportHasTheNamesOfTheReference) {
  const fs::path goldens = testing::goldens_folder();
  const Safetensors reference(goldens / "reference/maple.safetensors");
  std::map<std::string, std::map<std::string, TensorView>> cases;
  for (const auto& [key, view] : reference.tensors()) {
    const auto at = key.find(".final.");
    if (at == std::string::npos || key.starts_with("maple")) continue;
    cases[key.substr(0, at)][key.substr(at + 7)] = view;
  }
  ASSERT_FALSE(cases.empty());
  const testing::TemporaryFolder folder;
  for (const auto& [name, tensors] : cases) {
    SCOPED_TRACE(name);
    write_tensors(folder / "reference", tensors);
    const ReferenceCheckpoint checkpoint(folder / "reference");
    std::vector<ParameterSpec> parameters;
    for (const auto& [own, shape] : checkpoint.shapes()) {
      parameters.push_back({own, shape.at(0), shape.at(1)});
    }
    export_learned_values(checkpoint.read(parameters), 0, folder / "own");
    const Safetensors own(folder / "own");
    ASSERT_EQ(own.tensors().size(), tensors.size());
    for (const auto& [key, view] : tensors) EXPECT_EQ(to_matrix(own.at(key)), to_matrix(view));
  }
}

}  // namespace
}  // namespace qprompt
