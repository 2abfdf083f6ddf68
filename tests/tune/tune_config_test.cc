#include "qprompt/tune/tune_config.h"

#include <gmock/gmock.h>

#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(TuneConfig, ReadsTimesInTheirUnits) {
  EXPECT_EQ(seconds_in("90s"), 90);
  EXPECT_EQ(seconds_in("1.5m"), 90);
  EXPECT_EQ(seconds_in("2h"), 7200);
  EXPECT_EQ(seconds_in("0"), 0);
}

TEST(TuneConfig, RefusesWhatIsNoTime) {
  for (const std::string text : {"", "10", "ten minutes", "-5m", "5 days", "nan s", "10m 5"}) {
    EXPECT_THAT(testing::error_of([&] { seconds_in(text); }), HasSubstr("'" + text + "'")) << text;
  }
}

TEST(TuneConfig, ReadsMethodsBetweenCommas) {
  TuneConfig config;
  EXPECT_TRUE(methods_of(config).empty());
  config.candidates = "qcoop, qkgcoop & qclap ,clap";
  EXPECT_THAT(methods_of(config), ElementsAre("qcoop", "qkgcoop & qclap", "clap"));
  config.candidates = "qcoop,,clap";
  EXPECT_THAT(testing::error_of([&] { methods_of(config); }), HasSubstr("empty name"));
}

TEST(TuneConfig, IsReadFromSettingsAmongOthers) {
  const TuneConfig config = tune_config({{"for", "all"}, {"repeats", "5"}, {"lr", "0.1"}});
  EXPECT_EQ(config.goal, TuneGoal::kAll);
  EXPECT_EQ(config.repeats, 5);
  EXPECT_TRUE(is_tune_setting("for", "same"));
  EXPECT_FALSE(is_tune_setting("lr", "0.1"));
  EXPECT_THAT(testing::error_of([] { is_tune_setting("for", "old"); }), HasSubstr("old"));
}

TEST(TuneConfig, RefusesCountsThatPartNothing) {
  EXPECT_THAT(testing::error_of([] { tune_config({{"folds", "1"}}); }), HasSubstr("folds 1"));
  EXPECT_THAT(testing::error_of([] { tune_config({{"repeats", "0"}}); }), HasSubstr("repeats 0"));
}

}  // namespace
}  // namespace qprompt
