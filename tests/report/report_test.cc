#include "qprompt/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "qprompt/experiment/experiments.h"
#include "tests/report/runs.h"
#include "tests/support/synthetic_records.h"
#include "tests/support/temporary_folder.h"

namespace qprompt::report {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const Table& table_named(Report&&, const std::string&) = delete;  // would outlive its report
const Table& table_named(const Report& report, const std::string& id) {
  const auto tables = tables_of(report);
  const auto found = std::ranges::find(tables, id, [](const Table* table) { return table->id; });
  if (found == tables.end()) throw std::runtime_error("no table " + id);
  return **found;
}

Report report_of_many() {
  const testing::TemporaryFolder folder;
  testing::write_many_records(folder.path());
  return make_report(read_records(std::vector{folder.path()}));
}

TEST(Report, HasASectionForEachExperiment) {
  std::vector<std::string> titles;
  for (const Section& section : report_of_many().sections) titles.push_back(section.title);
  EXPECT_THAT(titles, ElementsAre("Base to new", "Cross-dataset transfer", "Domain generalization",
                                  "Few-shot", "Noise", "Quantization", "What it cost", "All runs"));
}

TEST(Report, HasATitleForEveryExperimentThatThereIs) {
  for (const Experiment& experiment : experiments()) {
    RunRecord run = run_of("coop", 1, {{"test", 0.5}});
    run.experiment = experiment.name;
    const Section section = make_report({{run}, {}}).sections.front();
    EXPECT_NE(section.title, experiment.name);
    EXPECT_NE(section.text, "") << experiment.name;
  }
}

TEST(Report, SaysWhereAccuracyAgainstSizeIsMissing) {
  std::vector<RunRecord> runs{run_of("coop", 1, {{"test", 0.5}}),
                              run_of("qcoop", 1, {{"test", 1}})};
  runs[0].payload_bytes = 4096;
  runs[1].payload_bytes = 260;
  const auto text = [&](const char* experiment) {
    for (RunRecord& run : runs) run.experiment = experiment;
    return make_report({runs, {}}).sections.front().text;
  };
  EXPECT_THAT(text("few-shot"), HasSubstr("Accuracy against size is drawn for base to new alone"));
  EXPECT_THAT(text("base-to-new"), Not(HasSubstr("size")));
}

TEST(Report, NamesNoTwoTablesOrFiguresAlike) {
  std::set<std::string> ids;
  const Report report = report_of_many();
  for (const Section& section : report.sections) {
    for (const Block& block : section.blocks) {
      const std::string id = std::visit([](const auto& each) { return each.id; }, block);
      const bool is_table = std::holds_alternative<Table>(block);
      EXPECT_TRUE(ids.insert((is_table ? "table " : "figure ") + id).second) << id;
    }
  }
}

TEST(Report, SetsPublishedNumbersBesideOurs) {
  const Report report = make_report({{run_of("coop", 1, {{"base", 0.80}, {"new", 0.40}})}, {}});
  const Table& table = table_named(report, "base-to-new-published");
  ASSERT_EQ(table.rows.size(), 1);
  EXPECT_NEAR(*table.rows[0][3].number, 79.44, 1e-9);  // CoOp on DTD, base
  EXPECT_NEAR(*table.rows[0][4].number, 0.56, 1e-9);
  EXPECT_NEAR(*table.rows[0][6].number, 41.18, 1e-9);
}

TEST(Report, ComparesNoVariantAndNoOtherNumberOfShotsWithPublishedNumbers) {
  RunRecord variant = run_of("coop", 1, {{"base", 0.80}, {"new", 0.40}});
  variant.varied = {{"bits", "2"}};
  const RunRecord four = run_of("cocoop", 1, {{"base", 0.80}, {"new", 0.40}}, "DTD", 4);
  const Report report = make_report({{variant, four}, {}});
  EXPECT_THROW(table_named(report, "base-to-new-published"), std::runtime_error);
}

TEST(Report, OrdersMethodsAsPapersDoAndVariantsByTheirNumbers) {
  const Report report = report_of_many();
  std::vector<std::string> labels;
  for (const auto& row : table_named(report, "base-to-new-averages").rows)
    labels.push_back(row[1].text);
  EXPECT_THAT(labels, ElementsAre("zeroshot", "coop", "qcoop", "maple", "qmaple"));
  labels.clear();
  for (const auto& row : table_named(report, "noise").rows) labels.push_back(row[1].text);
  EXPECT_THAT(labels, ElementsAre("coop noise=0", "coop noise=0.01", "coop noise=0.1"));
}

TEST(Report, AsJsonHoldsTextsOnce) {
  const Report report = report_of_many();
  const nlohmann::ordered_json json = as_json(table_named(report, "base-to-new"));
  EXPECT_EQ(json["columns"][0]["texts"].size(), 3);
  EXPECT_EQ(json["columns"][0]["codes"].size(), 15);
  EXPECT_EQ(json["columns"][2]["numbers"].size(), 15);
}

TEST(Report, ShowsTheWorstClassesWithTheirPictures) {
  const Report report = report_of_many();
  const Table& table = table_named(report, "base-to-new-worst-classes");
  std::vector<std::string> pictures;
  for (const auto& row : table.rows) pictures.push_back(row[7].text);
  EXPECT_THAT(pictures, Contains("images/airplane/0001.jpg"));
  EXPECT_LE(*table.rows[0][4].number, *table.rows[1][4].number);
}

}  // namespace
}  // namespace qprompt::report
