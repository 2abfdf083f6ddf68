#include "qprompt/data/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;

std::vector<std::vector<std::string>> fields_of(std::string_view text) {
  std::vector<std::vector<std::string>> rows;
  for (CsvRow& row : parse_csv(text, "table")) rows.push_back(std::move(row.fields));
  return rows;
}

TEST(Csv, SplitsRowsAndFields) {
  EXPECT_THAT(fields_of("a,b\r\nc,,d\n"),
              ElementsAre(ElementsAre("a", "b"), ElementsAre("c", "", "d")));
}

TEST(Csv, LastRowNeedsNoLineEnd) {
  EXPECT_THAT(fields_of("a,b"), ElementsAre(ElementsAre("a", "b")));
  EXPECT_THAT(fields_of("a,"), ElementsAre(ElementsAre("a", "")));
}

TEST(Csv, QuotedFieldsHoldCommasQuotesAndLineEnds) {
  EXPECT_THAT(fields_of("\"a,b\",\"say \"\"hi\"\"\"\n\"two\nlines\",\"\"\n"),
              ElementsAre(ElementsAre("a,b", "say \"hi\""), ElementsAre("two\nlines", "")));
}

TEST(Csv, CountsLinesOfTheFile) {
  const auto rows = parse_csv("a\n\n\"b\nc\"\nd\n", "table");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1].line, 3);
  EXPECT_EQ(rows[2].line, 5);
}

TEST(Csv, LeavesOutLinesOfWhiteSpaceButCountsThem) {
  const auto rows = parse_csv(" \n\r\na,\n\t \nb", "table");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_THAT(rows[0].fields, ElementsAre("a", ""));
  EXPECT_EQ(rows[0].line, 3);
  EXPECT_EQ(rows[1].line, 5);
}

TEST(Csv, NamesTheLineOfADefect) {
  EXPECT_THAT(error_of([] { parse_csv("a\n\"b", "table"); }), HasSubstr("table:2: "));
  EXPECT_THAT(error_of([] { parse_csv("a\nb\n\"c\"d\n", "table"); }), HasSubstr("table:3: "));
  EXPECT_THAT(error_of([] { parse_csv("a\rb\n", "table"); }), HasSubstr("table:1: "));
}

TEST(Csv, OfNothingHasNoRows) { EXPECT_TRUE(parse_csv("", "table").empty()); }

}  // namespace
}  // namespace qprompt
