#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"
#include "tests/support/synthetic_records.h"

namespace qprompt::testing {
namespace {

using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class ReportOf : public CliTest {
 protected:
  ReportOf() {
    for (const std::string method : {"coop", "qcoop"}) {
      for (const std::uint64_t seed : {1, 2}) {
        const double accuracy = method == "coop" ? 0.5 : 0.7;
        write_record(folder / "records",
                     synthetic_record({.method = method,
                                       .targets = {{"base", "Caltech101", accuracy},
                                                   {"new", "Caltech101", accuracy}},
                                       .seed = seed}));
      }
    }
  }
  std::vector<std::string> report() const {
    return {"report", path("records"), "--output", path("out")};
  }
};

TEST_F(ReportOf, RecordsIsAPageAndTables) {
  const Outcome outcome = succeed(report());
  EXPECT_THAT(outcome.out, HasSubstr("4 runs"));
  const std::string page = read_text(path("out/report.html"));
  EXPECT_THAT(page, EndsWith("</html>\n"));
  for (const char* reference : {"src=\"/", "src=\"http", "<link", "@import", "<script src"}) {
    EXPECT_THAT(page, Not(HasSubstr(reference)));
  }
  for (const char* name : {"base-to-new.csv", "base-to-new.md", "base-to-new.tex"}) {
    EXPECT_THAT(listing(path("out/tables")), Contains(name));
  }
}

TEST_F(ReportOf, NamesThatLookLikeMarkupEndNoScript) {
  succeed(report());
  const std::string page = read_text(path("out/report.html"));
  EXPECT_THAT(page, HasSubstr("\\u003c/script>\\u003cscript>alert(1)"));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
}

TEST_F(ReportOf, RecordsIsNotOverwrittenUnlessForced) {
  succeed(report());
  EXPECT_THAT(error_line(report()), HasSubstr("report.html: is there already; --force"));
  std::vector<std::string> forced = report();
  forced.emplace_back("--force");
  succeed(forced);
}

TEST_F(ReportOf, DifferentCodeSaysSoAndAveragesNothing) {
  write_record(folder / "records", synthetic_record({.seed = 3, .version = "0.2.0"}));
  const Outcome outcome = succeed(report());
  EXPECT_THAT(outcome.err, HasSubstr("runs of different version"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("\n\n")));
  EXPECT_THAT(read_text(path("out/tables/base-to-new.csv")), HasSubstr("coop [version 0.2.0]"));
}

TEST_F(ReportOf, NoRecordsIsAnError) {
  EXPECT_THAT(error_line({"report", path("data"), "--output", path("out")}),
              HasSubstr("no records of runs"));
  EXPECT_THAT(error_line({"report", path("none"), "--output", path("out")}),
              HasSubstr(path("none")));
}

TEST_F(ReportOf, PairsAreCompared) {
  const Outcome outcome =
      succeed({"compare", path("records"), "--baseline", "coop", "--json", path("pairs.json")});
  EXPECT_THAT(outcome.out, HasSubstr("qcoop   coop"));
  const nlohmann::json differences = json_file(path("pairs.json")).at("differences");
  ASSERT_EQ(differences.size(), 3);
  EXPECT_EQ(differences[0].at("pairs"), 2);
  EXPECT_EQ(differences[0].at("wins"), 2);
}

TEST_F(ReportOf, AnUnknownBaselineIsAnErrorThatNamesTheOthers) {
  EXPECT_THAT(error_line({"compare", path("records"), "--baseline", "maple"}),
              HasSubstr("baseline 'maple', expected one of coop, qcoop"));
}

}  // namespace
}  // namespace qprompt::testing
