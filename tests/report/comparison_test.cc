#include "qprompt/report/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/data/benchmark.h"
#include "tests/report/runs.h"

namespace qprompt::report {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<Table> tables_of(std::vector<RunRecord> runs, const std::string& experiment) {
  for (RunRecord& run : runs) run.experiment = experiment;
  return published_tables(groups_of(runs));
}

// First cells of the rows that stand beside a published number.
std::vector<std::string> compared(const std::vector<Table>& tables) {
  std::vector<std::string> names;
  for (const Table& table : tables) {
    for (const auto& row : table.rows) names.push_back(row[0].text);
  }
  return names;
}

RunRecord transfer_from(const std::string& source, const std::vector<std::string>& targets) {
  std::vector<std::pair<std::string, double>> accuracies{{source, 0.7}};
  for (const std::string& target : targets) accuracies.emplace_back(target, 0.5);
  return run_of("coop", 1, accuracies, source);
}

const std::vector<std::string> kVariants{"ImageNetV2", "ImageNet-Sketch", "ImageNet-A",
                                         "ImageNet-R"};

TEST(Published, EveryBenchmarkFindsItsRowByEachOfItsNames) {
  int core = 0, variants = 0;
  for (const Benchmark& benchmark : benchmarks()) {
    const bool is_variant = benchmark.name != "ImageNet" && benchmark.name.starts_with("ImageNet");
    ++(is_variant ? variants : core);
    for (const std::string_view name : {benchmark.name, benchmark.alias, benchmark.folder}) {
      if (name.empty()) continue;
      const std::string called(name), shown(benchmark.name);
      const auto tables =
          is_variant ? tables_of({transfer_from("ImageNet", {called})}, "domain-generalization")
                     : tables_of({run_of("coop", 1, {{"base", 0.5}, {"new", 0.5}}, called)},
                                 "base-to-new");
      EXPECT_THAT(compared(tables), Contains(shown)) << called;
    }
  }
  EXPECT_EQ(core, 11);
  EXPECT_EQ(variants, 4);
}

TEST(Published, TransferIsFromImageNet) {
  EXPECT_THAT(tables_of({transfer_from("Caltech101", {"DTD", "EuroSAT"})}, "cross-dataset"),
              IsEmpty());
  EXPECT_THAT(compared(tables_of({transfer_from("ImageNet", {"DTD", "EuroSAT"})}, "cross-dataset")),
              Contains("DescribableTextures"));
}

TEST(Published, AnAverageIsOfThePublishedTargets) {
  const auto with = [](std::vector<std::string> targets) {
    return compared(tables_of({transfer_from("ImageNet", targets)}, "domain-generalization"));
  };
  EXPECT_THAT(with(kVariants), Contains("average"));
  EXPECT_THAT(with({"ImageNetV2", "ImageNet-A"}), Not(Contains("average")));
  EXPECT_THAT(with({"ImageNetV2", "ImageNet-A", "ImageNet-R", "DTD"}), Not(Contains("average")));
}

TEST(Published, AnAverageIsOfThePublishedElevenDataSets) {
  std::vector<RunRecord> runs;
  for (const Benchmark& benchmark : benchmarks().first(11)) {
    runs.push_back(run_of("coop", 1, {{"base", 0.5}, {"new", 0.5}}, std::string(benchmark.name)));
  }
  EXPECT_THAT(compared(tables_of(runs, "base-to-new")), Contains("11"));
  runs.back().dataset = "mine";
  EXPECT_THAT(compared(tables_of(runs, "base-to-new")), Not(Contains("11")));
}

TEST(Published, WhatWasLearnedFromAllImagesIsNotComparedWithShots) {
  const std::vector<std::pair<std::string, double>> accuracies{{"base", 0.5}, {"new", 0.5}};
  EXPECT_THAT(tables_of({run_of("coop", 1, accuracies, "DTD", 0)}, "base-to-new"), IsEmpty());
  EXPECT_THAT(tables_of({run_of("zeroshot", 0, accuracies, "DTD", 0)}, "base-to-new"),
              Not(IsEmpty()));
}

}  // namespace
}  // namespace qprompt::report
