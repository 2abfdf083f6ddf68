#include <fstream>

#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

using ::testing::HasSubstr;

class Cache : public CliTest {
 protected:
  nlohmann::json state(const std::vector<std::string>& flags = {}) const {
    std::vector<std::string> words{"cache", "--json"};
    words.insert(words.end(), flags.begin(), flags.end());
    return nlohmann::json::parse(succeed(words).out);
  }
};

TEST_F(Cache, KeepsFeaturesOfTheUserUntilItIsCleared) {
  EXPECT_EQ(state().at("entries"), 0);
  const std::string first = succeed(evaluate({})).out;
  EXPECT_EQ(state().at("entries"), kClasses * kTestImages);
  EXPECT_EQ(succeed(evaluate({})).out, first);
  EXPECT_EQ(state().at("entries"), kClasses * kTestImages);
  EXPECT_GT(state().at("bytes"), 0);
  EXPECT_TRUE(state({"--clear"}).at("cleared"));
  EXPECT_EQ(state().at("entries"), 0);
  EXPECT_EQ(succeed(evaluate({})).out, first);
}

TEST_F(Cache, KeepsNothingWhereNoneIsWanted) {
  succeed(evaluate({"--no-cache"}));
  EXPECT_EQ(state().at("entries"), 0);
  EXPECT_THAT(succeed({"cache"}).out, HasSubstr("0 entries"));
}

TEST_F(Cache, MayLieInAnotherFolder) {
  succeed(evaluate({"--cache", path("elsewhere")}));
  EXPECT_EQ(state().at("entries"), 0);
  EXPECT_EQ(state({"--cache", path("elsewhere")}).at("entries"), kClasses * kTestImages);
}

TEST_F(Cache, IsClearedEvenWhereItIsDamaged) {
  std::filesystem::create_directories(folder / "damaged");
  std::ofstream(folder / "damaged/features.lmdb") << "not a feature cache";
  succeed({"cache", "--cache", path("damaged"), "--clear"});
  EXPECT_EQ(state({"--cache", path("damaged")}).at("bytes"), 0);
}

}  // namespace
}  // namespace qprompt::testing
