#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "qprompt/core/error.h"
#include "qprompt/experiment/experiments.h"
#include "qprompt/experiment/request.h"
#include "qprompt/train/settings.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using Names = std::vector<std::string>;

// Data sets that are nothing but their names and classes.
std::shared_ptr<const RunData> data_called(const std::string& name) {
  static std::map<std::string, std::shared_ptr<const RunData>> known;
  auto& data = known[name];
  if (!data) {
    Dataset made;
    made.name = name;
    made.class_names = name == "birds" ? Names{"owl", "wren"} : Names{"cat", "dog", "owl"};
    data = std::make_shared<const RunData>(made, DataDescription{});
  }
  return data;
}

std::vector<RunSpec> runs(const ExperimentRequest& request) {
  return runs_of(request, data_called);
}

std::string outline(const RunSpec& run) {
  std::string text = label_of(run);
  if (run.method.learn) {
    const LearnConfig& learn = *run.method.learn;
    text += " " + std::to_string(learn.shots) + "/" + std::to_string(learn.seed) + "." +
            std::to_string(learn.effective_train_seed());
  }
  for (const Target& target : run.targets) text += " " + target.name;
  return text;
}

Names outlines(const std::vector<RunSpec>& runs) {
  Names texts;
  for (const RunSpec& run : runs) texts.push_back(outline(run));
  return texts;
}

TEST(RunsOf, BaseToNewIsZeroShotOnceAndEveryMethodWithEverySeedAndOrder) {
  const auto all = runs({.experiment = "base-to-new",
                         .data = {"animals"},
                         .methods = {"qcoop", "zeroshot", "coop"},
                         .seeds = {1, 2},
                         .train_seeds = {5, 6}});
  EXPECT_THAT(outlines(all),
              ElementsAre("zeroshot base new", "qcoop 16/1.5 base new", "coop 16/1.5 base new",
                          "qcoop 16/1.6 base new", "coop 16/1.6 base new", "qcoop 16/2.5 base new",
                          "coop 16/2.5 base new", "qcoop 16/2.6 base new", "coop 16/2.6 base new"));
  EXPECT_EQ(all[1].method.learn->classes, ClassSubset::kBase);
  EXPECT_EQ(all[1].method.learn->training.quantizer.kind, QuantizerKind::kKMeans);
  EXPECT_EQ(all[2].method.learn->training.quantizer.kind, QuantizerKind::kNone);
  EXPECT_EQ(all[1].targets[1].classes, ClassSubset::kNew);
}

TEST(RunsOf, FewShotIsACurveOverShotsOnAllClasses) {
  const auto all = runs({.experiment = "few-shot",
                         .data = {"animals"},
                         .methods = {"coop"},
                         .shots = {1, 4},
                         .seeds = {3}});
  EXPECT_THAT(outlines(all), ElementsAre("coop 1/3.3 test", "coop 4/3.3 test"));
  EXPECT_EQ(all[0].method.learn->classes, ClassSubset::kAll);
}

TEST(RunsOf, TransferTestsOnItsOwnDataAndOnTheOthers) {
  const auto all = runs({.experiment = "cross-dataset",
                         .data = {"animals"},
                         .targets = {"birds", "animals"},
                         .methods = {"coop"},
                         .seeds = {1}});
  EXPECT_THAT(outlines(all), ElementsAre("coop 16/1.1 animals birds"));
}

TEST(RunsOf, DomainGeneralizationNeedsTheSameClassNames) {
  ExperimentRequest request{.experiment = "domain-generalization",
                            .data = {"birds"},
                            .targets = {"animals"},
                            .methods = {"coop"}};
  EXPECT_THAT(error_of([&] { runs(request); }),
              HasSubstr("animals: class 'cat' is none of birds's"));
}

TEST(RunsOf, AStudyVariesOneThing) {
  EXPECT_THAT(
      outlines(
          runs({.experiment = "noise", .data = {"animals"}, .values = {"0", "0.1"}, .seeds = {1}})),
      ElementsAre("coop-noise noise=0 16/1.1 base new", "coop-noise noise=0.1 16/1.1 base new"));
  const auto ablation =
      runs({.experiment = "ablation", .data = {"animals"}, .methods = {"coop"}, .seeds = {1}});
  ASSERT_EQ(ablation.size(), 4u);
  const auto quantizer = [&](int i) { return ablation[i].method.learn->training.quantizer; };
  EXPECT_EQ(quantizer(0).kind, QuantizerKind::kNone);
  EXPECT_FALSE(quantizer(1).normalize);
  EXPECT_EQ(quantizer(1).kl_threshold, 0);
  EXPECT_EQ(quantizer(1).min_interval, 1);
  EXPECT_TRUE(quantizer(2).normalize);
  EXPECT_EQ(quantizer(2).kl_threshold, 0);
  EXPECT_GT(quantizer(3).kl_threshold, 0);
  for (const Experiment& experiment : experiments()) {
    const bool studied = experiment.protocol == Protocol::kBaseToNew;
    if (!studied) continue;
    const auto all = runs({.experiment = experiment.name, .data = {"animals"}, .seeds = {1}});
    for (const RunSpec& run : all) EXPECT_EQ(run.by_epoch, experiment.by_epoch) << experiment.name;
  }
}

TEST(RunsOf, SettingsOfAMethodAreThoseOfItsQuantizedFormToo) {
  const auto all = runs({.experiment = "base-to-new",
                         .data = {"animals", "birds"},
                         .methods = {"coop", "qcoop", "maple"},
                         .seeds = {1},
                         .defaults = {{"epochs", "9"}, {"depth", "2"}, {"lr", "0.125"}},
                         .method_settings = {{"coop", {{"lr", "0.5"}}}, {"qcoop", {{"bits", "2"}}}},
                         .data_settings = {{"birds", {{"lr", "0.25"}}}}});
  ASSERT_EQ(all.size(), 6u);
  const auto training = [&](int i) { return all[i].method.learn->training; };
  for (int i = 0; i < 6; ++i) EXPECT_EQ(training(i).epochs, 9);
  EXPECT_EQ(training(0).optimizer.lr, 0.5);
  EXPECT_EQ(training(1).optimizer.lr, 0.5);
  EXPECT_EQ(training(1).quantizer.bits, "2");
  EXPECT_EQ(std::get<MaPLeConfig>(all[2].method.learn->method).depth, 2);
  EXPECT_EQ(training(2).optimizer.lr, 0.125);
  EXPECT_EQ(training(3).optimizer.lr, 0.25);
}

TEST(RunsOf, SettingsOfAnExperimentAreOverThoseOfMethods) {
  const auto all = runs({.experiment = "base-to-new",
                         .data = {"animals"},
                         .methods = {"coop"},
                         .seeds = {1},
                         .method_settings = {{"coop", {{"lr", "0.5"}}}},
                         .settings = {{"lr", "0.25"}}});
  EXPECT_EQ(all[0].method.learn->training.optimizer.lr, 0.25);
}

TEST(RunsOf, MethodsOnFeaturesKeepTheirPublishedSettings) {
  const auto all = runs({.experiment = "few-shot",
                         .data = {"animals"},
                         .methods = {"tip-adapter-f"},
                         .shots = {1},
                         .seeds = {1},
                         .method_settings = {{"coop", {{"lr", "0.5"}}}}});
  std::set<std::string> unknown;
  const LearnConfig own = named_config("tip-adapter-f", {}, unknown);
  EXPECT_EQ(all[0].method.learn->training.epochs, own.training.epochs);
  EXPECT_EQ(all[0].method.learn->training.optimizer.lr, own.training.optimizer.lr);
}

TEST(RunsOf, ADataSetIsTheSameByAnyOfItsNames) {
  EXPECT_TRUE(same_data("EuroSAT", "eurosat"));
  EXPECT_TRUE(same_data("Flowers102", "oxford_flowers"));
  EXPECT_FALSE(same_data("EuroSAT", "dtd"));
  EXPECT_FALSE(same_data("photos", "Photos"));
}

TEST(RunsOf, WhatNobodyKnowsIsRefused) {
  EXPECT_THAT(error_of([] { runs({.experiment = "base-to-old", .data = {"animals"}}); }),
              HasSubstr("did you mean base-to-new?"));
  EXPECT_THAT(error_of([] { runs({.experiment = "base-to-new"}); }), HasSubstr("no data"));
  EXPECT_THAT(error_of([] {
                runs({.experiment = "base-to-new", .data = {"animals"}, .methods = {"coup"}});
              }),
              HasSubstr("method 'coup'"));
  EXPECT_THAT(error_of([] {
                runs({.experiment = "base-to-new",
                      .data = {"animals"},
                      .methods = {"coop"},
                      .settings = {{"depth", "2"}}});
              }),
              HasSubstr("'depth': not a setting of base-to-new's methods"));
  EXPECT_THAT(
      error_of([] { runs({.experiment = "ablation", .data = {"animals"}, .values = {"1"}}); }),
      HasSubstr("varies nothing"));
}

}  // namespace
}  // namespace qprompt
