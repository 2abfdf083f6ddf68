#include "qprompt/experiment/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/core/file.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;

class PlanFile : public ::testing::Test {
 protected:
  Plan read(const std::string& text) const {
    write_file(path, std::string_view(text));
    return read_plan(path);
  }
  // Of a plan that is right but for what is added to its one experiment.
  std::string error_with(const std::string& lines) const {
    return error_of([&] {
      read("model = \"M\"\n[[experiment]]\nkind = \"bits\"\ndata = \"photos\"\n" + lines + "\n");
    });
  }

  testing::TemporaryFolder folder;
  const std::filesystem::path path = folder / "plan.toml";
};

TEST_F(PlanFile, SaysWhatIsAskedFor) {
  const Plan plan = read(R"(
model = "openai/clip"
data-root = "data"
[settings]
epochs = 50
[methods.maple]
batch-size = 4
lr = 0.0035
[data.mine]
path = "pictures"
split = "/lists/split.json"
settings = { lr = 0.03 }
[[experiment]]
kind = "base-to-new"
data = ["caltech101", "mine"]
methods = ["zeroshot", "qmaple"]
seeds = [4, 5]
[[experiment]]
kind = "few-shot"
model = "other"
data = "mine"
shots = [1, 16]
template = "a drawing of a {}."
settings = { epochs = 7 }
)");
  EXPECT_EQ(plan.records, folder / "plan");
  write_file(folder / "bare", std::string_view("model = \"M\"\n[[experiment]]\nkind = \"bits\"\n"));
  EXPECT_EQ(read_plan(folder / "bare").records, folder / "bare-records");
  EXPECT_EQ(plan.data_root, (folder / "data").string());
  EXPECT_EQ(plan.data.at("mine").path, (folder / "pictures").string());
  EXPECT_EQ(plan.data.at("mine").split, "/lists/split.json");
  ASSERT_EQ(plan.experiments.size(), 2u);
  const auto& [place, model, table] = plan.experiments[0];
  EXPECT_EQ(place, path.string() + ":13:1");
  EXPECT_EQ(model, "openai/clip");
  EXPECT_EQ(table.experiment, "base-to-new");
  EXPECT_THAT(table.data, ElementsAre("caltech101", "mine"));
  EXPECT_THAT(table.methods, ElementsAre("zeroshot", "qmaple"));
  EXPECT_THAT(table.seeds, ElementsAre(4u, 5u));
  EXPECT_EQ(table.defaults, (Settings{{"epochs", "50"}}));
  EXPECT_TRUE(table.settings.empty());
  EXPECT_EQ(table.method_settings.at("maple"), (Settings{{"batch_size", "4"}, {"lr", "0.0035"}}));
  EXPECT_EQ(table.data_settings.at("mine"), (Settings{{"lr", "0.03"}}));
  const auto& [other_place, other_model, curve] = plan.experiments[1];
  EXPECT_EQ(other_model, "other");
  EXPECT_THAT(curve.shots, ElementsAre(1, 16));
  EXPECT_THAT(curve.templates, ElementsAre("a drawing of a {}."));
  EXPECT_THAT(curve.seeds, ElementsAre(1u, 2u, 3u));
  EXPECT_EQ(curve.settings, (Settings{{"epochs", "7"}}));
}

TEST_F(PlanFile, ATypoIsToldWithItsPlaceAndTheNearestWord) {
  EXPECT_THAT(error_with("sedes = [1]"),
              AllOf(HasSubstr("plan.toml:5:1: 'sedes' (did you mean seeds?)")));
  EXPECT_THAT(error_with("methods = [\"qcop\"]"), HasSubstr("plan.toml:5:11: method 'qcop'"));
  EXPECT_THAT(error_with("settings = { epoch = 3 }"),
              HasSubstr("plan.toml:5:22: setting 'epoch' (did you mean epochs?)"));
  EXPECT_THAT(error_with("settings = { epochs = \"many\" }"),
              HasSubstr("plan.toml:5:23: epochs 'many', expected an integer"));
  EXPECT_THAT(error_with("preset = \"coop-cvpr\""), HasSubstr("plan.toml:5:10: preset"));
  EXPECT_THAT(error_with("[extra]"), HasSubstr("plan.toml:5:2: 'extra'"));
  EXPECT_THAT(error_with("[data.foto.settings]\nlr = 0.1"),
              HasSubstr("no experiment has the data 'foto'"));
  EXPECT_THAT(error_of([&] { read("model = \"M\"\n[[experiment]]\nkind = \"noize\"\n"); }),
              HasSubstr("plan.toml:3:8: experiment 'noize' (did you mean noise?)"));
}

TEST_F(PlanFile, WhatIsOfAnotherKindIsRefused) {
  EXPECT_THAT(error_with("seeds = [1.5]"), HasSubstr("'1.5', expected whole numbers"));
  EXPECT_THAT(error_with("seeds = [-1]"), HasSubstr("'-1', expected whole numbers"));
  EXPECT_THAT(error_with("seeds = []"), HasSubstr("an empty list"));
  EXPECT_THAT(error_with("model = 3"), HasSubstr("expected a string"));
  EXPECT_THAT(error_with("settings = 3"), HasSubstr("expected a table"));
  EXPECT_THAT(error_with("settings = { lr = [1] }"), HasSubstr("expected a string, a number"));
  EXPECT_THAT(error_with("settings = { quantizer = \"none\" }"),
              HasSubstr("the names of methods say it"));
  EXPECT_THAT(error_of([&] { read("model = \n"); }), HasSubstr("plan.toml:1:9: "));
  EXPECT_THAT(error_of([&] { read("model = \"M\"\n"); }), HasSubstr("no [[experiment]]"));
  EXPECT_THAT(error_of([&] { read("[[experiment]]\nkind = \"bits\"\n"); }), HasSubstr("no model"));
  EXPECT_THAT(error_of([&] { read("[data.x]\nsplit = \"s\"\n"); }), HasSubstr("without a path"));
  EXPECT_THAT(error_of([&] { read_plan(folder / "none.toml"); }), HasSubstr("none.toml"));
}

}  // namespace
}  // namespace qprompt
