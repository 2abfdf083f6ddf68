#include "qprompt/run/tensorboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "qprompt/formats/tf_record.h"
#include "qprompt/run/tensorboard_event.pb.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using tensorboard::Event;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

std::vector<Event> events_in(const fs::path& file) {
  std::vector<Event> events;
  for (const std::string& record : read_tf_records(file)) {
    EXPECT_TRUE(events.emplace_back().ParseFromString(record));
  }
  return events;
}

std::map<std::string, float> scalars_of(const Event& event) {
  std::map<std::string, float> scalars;
  for (const auto& value : event.summary().value()) scalars[value.tag()] = value.simple_value();
  return scalars;
}

class TensorBoardLogs : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder;
  const fs::path logs = folder / "logs";
};

TEST_F(TensorBoardLogs, BeginWithTheirVersion) {
  const TensorBoardLog log(logs);
  EXPECT_THAT(log.file().filename().string(), StartsWith("events.out.tfevents."));
  const auto events = events_in(log.file());
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].file_version(), "brain.Event:2");
  EXPECT_GT(events[0].wall_time(), 1.7e9);
}

TEST_F(TensorBoardLogs, HoldEpochsAndTargetsAsScalars) {
  TensorBoardLog log(logs);
  log.write({.epoch = 1, .epochs = 2, .loss = 1.5, .accuracy = 0.25, .lr = 0.002});
  log.write({.epoch = 2, .epochs = 2, .loss = 1, .accuracy = 0.5, .lr = 0.001, .validation = 0.75});
  log.write_targets(2, {{"base", 0.5}, {"new", 0.25}});
  const auto events = events_in(log.file());
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[1].step(), 1);
  EXPECT_THAT(scalars_of(events[1]),
              ElementsAre(Pair("train/accuracy", 0.25f), Pair("train/loss", 1.5f),
                          Pair("train/lr", 0.002f)));
  EXPECT_EQ(events[2].step(), 2);
  EXPECT_EQ(scalars_of(events[2]).at("val/accuracy"), 0.75f);
  EXPECT_EQ(events[3].step(), 2);
  EXPECT_THAT(scalars_of(events[3]),
              ElementsAre(Pair("target/base/accuracy", 0.5f), Pair("target/new/accuracy", 0.25f)));
}

TEST_F(TensorBoardLogs, HoldWeightsAsHistograms) {
  TensorBoardLog log(logs);
  Matrix values(1, 4);
  values << -1, 0, 0, 3;
  log.write_weights(7, {{"ctx", values}, {"same", Matrix::Constant(2, 2, 0.5f)}});
  const Event event = events_in(log.file()).at(1);
  EXPECT_EQ(event.step(), 7);
  const auto& ctx = event.summary().value(0);
  EXPECT_EQ(ctx.tag(), "weights/ctx");
  EXPECT_EQ(ctx.histo().min(), -1);
  EXPECT_EQ(ctx.histo().max(), 3);
  EXPECT_EQ(ctx.histo().num(), 4);
  EXPECT_EQ(ctx.histo().sum(), 2);
  EXPECT_EQ(ctx.histo().sum_squares(), 10);
  // 40 buckets of 0.1: -1 in the first, 0 at the beginning of the eleventh, 3 in the last.
  EXPECT_EQ(ctx.histo().bucket_size(), 40);
  EXPECT_EQ(ctx.histo().bucket(0), 1);
  EXPECT_EQ(ctx.histo().bucket(10), 2);
  EXPECT_EQ(ctx.histo().bucket(39), 1);
  EXPECT_EQ(ctx.histo().bucket_limit(39), 3);
  const auto& same = event.summary().value(1).histo();
  EXPECT_THAT(same.bucket(), ElementsAre(4));
  EXPECT_THAT(same.bucket_limit(), ElementsAre(0.5));
}

TEST_F(TensorBoardLogs, HoldWhatAnObserverHearsBeforeItDoes) {
  TensorBoardLog log(logs);
  std::vector<std::size_t> seen;
  Observer observer;
  observer.on_epoch = [&](const EpochReport&) { seen.push_back(events_in(log.file()).size()); };
  observer.on_values = [&](const EpochReport&, const EpochValues&) {
    seen.push_back(events_in(log.file()).size());
  };
  const Observer both = log.watching(observer);
  const ParameterMap values{{"ctx", Matrix::Zero(1, 1)}};
  both.on_epoch({.epoch = 1});
  both.on_values({.epoch = 1}, {values, values});
  EXPECT_THAT(seen, ElementsAre(2u, 3u));
}

TEST_F(TensorBoardLogs, OfOneFolderAreFilesOfTheirOwn) {
  const TensorBoardLog first(logs), second(logs);
  EXPECT_NE(first.file(), second.file());
  EXPECT_EQ(events_in(first.file()).size(), 1u);
}

TEST_F(TensorBoardLogs, ThatCannotBeWrittenAreErrors) {
  const fs::path file = folder.file("file", "");
  EXPECT_THAT(error_of([&] { TensorBoardLog log(file); }), HasSubstr("file: cannot be created"));
}

}  // namespace
}  // namespace qprompt
