#include "qprompt/report/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/core/slug.h"
#include "qprompt/report/table_text.h"

namespace qprompt::report {
namespace {

using ::testing::HasSubstr;

Table accuracies() {
  Table table{"a-table", "A & B", "", {}, {}, 1};
  table.columns = {Column::of_text("data set"), Column::of_text("method"),
                   Column::of_percent("base"), Column::of_count("bytes")};
  table.rows = {{"DTD", "coop", Cell({80.721, 1.5}, true), 4096.0},
                {"DTD", "qcoop", Cell({80.719, 0.25}, true), 264.0},
                {"DTD", "a_b|*", 60.0, Cell()},
                {"EuroSAT", "coop", 50.0, 4096.0}};
  return table;
}

TEST(Table, MarksTheBestOfEachGroupAsItIsShown) {
  const auto best = best_cells(accuracies());
  EXPECT_TRUE(best[0][2]);
  EXPECT_TRUE(best[1][2]);  // 80.72 too
  EXPECT_FALSE(best[2][2]);
  EXPECT_FALSE(best[3][2]);  // alone in its group
  EXPECT_FALSE(best[0][3]);  // bytes are neither good nor bad
}

TEST(Table, OfWhichLessIsBetterMarksTheLeast) {
  Table table = accuracies();
  table.columns[2].better = Better::kLower;
  EXPECT_TRUE(best_cells(table)[2][2]);
}

TEST(Table, WritesCsvWithDeviationsInColumnsOfTheirOwn) {
  Table table = accuracies();
  table.rows[2][1] = "says \"a, b\"";
  EXPECT_EQ(csv(table),
            "data set,method,base,base std,bytes\n"
            "DTD,coop,80.7210,1.5000,4096\n"
            "DTD,qcoop,80.7190,0.2500,264\n"
            "DTD,\"says \"\"a, b\"\"\",60.0000,,\n"
            "EuroSAT,coop,50.0000,,4096\n");
}

TEST(Table, WritesMarkdown) {
  const std::string text = markdown(accuracies());
  EXPECT_THAT(text, HasSubstr("## A &amp; B\n"));
  EXPECT_THAT(text, HasSubstr("|---|---|---:|---:|\n"));
  EXPECT_THAT(text, HasSubstr("| DTD | coop | **80.72** ± 1.50 | 4096 |\n"));
  EXPECT_THAT(text, HasSubstr("a\\_b\\|\\*"));
}

TEST(Table, WritesBooktabs) {
  const std::string text = latex(accuracies());
  EXPECT_THAT(text, HasSubstr("\\begin{tabular}{llrr}\n\\toprule\n"));
  EXPECT_THAT(text, HasSubstr("\\caption{A \\& B}\n\\label{tab:a-table}\n"));
  EXPECT_THAT(text,
              HasSubstr("DTD & coop & \\textbf{80.72}{\\scriptsize$\\pm$1.50} & 4096 \\\\\n"));
  EXPECT_THAT(text, HasSubstr("a\\_b|*"));
  EXPECT_THAT(text, HasSubstr("\\midrule\nEuroSAT"));
}

TEST(Table, ShowsLineEndsInNamesAsTheyAreWritten) {
  Table table = accuracies();
  table.rows[0][1] = "a\nb\\";
  EXPECT_THAT(markdown(table), HasSubstr("| a\\\\x0ab\\\\ |"));
  EXPECT_THAT(latex(table), HasSubstr("a\\textbackslash{}x0ab\\textbackslash{}"));
}

TEST(Table, NumbersHaveSignsWhereTheyAreDifferences) {
  const Column difference = Column::of_difference("d");
  EXPECT_EQ(number_text(difference, 1.204), "+1.20");
  EXPECT_EQ(number_text(difference, -0.001), "0.00");
  EXPECT_EQ(number_text(difference, std::nullopt), "");
}

TEST(Table, IdsAreOfSmallLettersDigitsAndHyphens) {
  EXPECT_EQ(id_of("Domain generalization, 2"), "domain-generalization-2");
  EXPECT_EQ(id_of("../../etc"), "etc");
  EXPECT_EQ(id_of("é"), "table");
  EXPECT_EQ(slug("QCoOp lr=0.1", "."), "qcoop-lr-0.1");  // as folders of runs are named
}

}  // namespace
}  // namespace qprompt::report
