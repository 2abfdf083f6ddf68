#include "qprompt/core/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

using testing::error_of;
using ::testing::HasSubstr;

TEST(Json, ReadsAFile) {
  const testing::TemporaryFolder folder;
  EXPECT_EQ(read_json(folder.file("a.json", R"({"width": 3})")).at("width"), 3);
}

TEST(Json, NamesTheFileThatIsNotJson) {
  const testing::TemporaryFolder folder;
  for (const char* text : {"", "{", "{\"a\": }", "\xff\xfe", "{} trailing"}) {
    EXPECT_THAT(error_of([&] { read_json(folder.file("a.json", text)); }),
                HasSubstr("a.json: not valid JSON"));
  }
}

TEST(Json, RefusesDeepNesting) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_THAT(error_of([&] { parse_json(deep, "deep.json"); }), HasSubstr("nested deeper"));
}

TEST(ReadJsonObject, NamesAFileThatHoldsNoObject) {
  const testing::TemporaryFolder folder;
  EXPECT_EQ(read_json_object(folder.file("a", R"({"x": 1})")).at("x"), 1);
  EXPECT_THAT(testing::error_of([&] { read_json_object(folder.file("b", "[1]")); }),
              ::testing::HasSubstr("b: JSON of the type array, expected an object"));
}

}  // namespace
}  // namespace qprompt
