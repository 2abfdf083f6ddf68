#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "qprompt/core/file.h"
#include "qprompt/data/class_names.h"
#include "qprompt/train/learn.h"
#include "qprompt/train/settings.h"
#include "tests/server/running_server.h"

namespace qprompt {
namespace {

using testing::FormPart;
using ::testing::HasSubstr;
using testing::RunningServer;

std::string picture_of(const std::string& class_name, int index) {
  const std::string number = (index < 10 ? "0" : "") + std::to_string(index);
  return read_text(testing::demo_folder() / "pictures" / "test" / class_name / (number + ".webp"));
}

// Some pictures of the class.
std::vector<std::filesystem::path> pictures_of(const std::string& class_name, std::size_t count) {
  auto images = content_below(testing::demo_folder() / "pictures" / "test" / class_name).images;
  images.resize(count);
  return images;
}

std::vector<FormPart> lesson(const std::string& name, const std::string& settings) {
  std::vector<FormPart> parts{{"name", name}, {"settings", settings}};
  for (const std::string class_name : {"purple_heart", "black_moon"}) {
    for (const auto& path : pictures_of(class_name, 6)) {
      parts.push_back({"image:" + class_name, read_text(path), path.filename().string()});
    }
  }
  return parts;
}

class LessonRequests : public ::testing::Test {
 protected:
  // The events of a lesson, to its end.
  std::string events(const testing::Answer& started) const {
    return server_.get(started.json().at("events").get<std::string>()).body;
  }

  const Model model_ = testing::demo_model();
  const RunningServer server_{model_};
};

TEST_F(LessonRequests, LearnWhatTheLibraryLearns) {
  const auto started = server_.post_form("/v1/learn", lesson("two", R"({"epochs":3,"bits":"2"})"));
  ASSERT_EQ(started.status, 202) << started.body;
  const std::string told = events(started);
  EXPECT_THAT(told, HasSubstr("event: progress\ndata: {\"stage\":\"images\""));
  EXPECT_THAT(told, HasSubstr("event: epoch\ndata: {\"epoch\":1,\"epochs\":3,"));
  EXPECT_THAT(told, HasSubstr("event: done\ndata: {\"prompt\":{\"name\":\"two\""));

  std::vector<Item> items;
  for (int label = 0; label < 2; ++label) {
    for (const auto& path : pictures_of(label == 0 ? "purple_heart" : "black_moon", 6)) {
      const std::string bytes = read_text(path);
      const auto owner = std::make_shared<std::string>(bytes);
      items.push_back(
          {ImageSource::encoded(std::as_bytes(std::span(*owner)), path.filename(), owner), label});
    }
  }
  std::set<std::string> unknown;
  const LearnConfig config =
      configured(recommended({{"epochs", "3"}, {"bits", "2"}, {"shots", "0"}}), unknown);
  const Learned learned =
      learn(model_, dataset_of(std::move(items), {"purple heart", "black moon"}), config);
  const auto bytes = to_bytes(learned.prompt);
  EXPECT_EQ(server_.get("/v1/prompts/two").body,
            std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

TEST_F(LessonRequests, AreRefusedWhereNothingCanBeLearned) {
  const auto refused = [&](std::vector<FormPart> parts) {
    const auto answer = server_.post_form("/v1/learn", parts);
    return std::to_string(answer.status) + " " + answer.detail();
  };
  EXPECT_THAT(refused({{"name", "x"}}), HasSubstr("422 images of 0 classes"));
  EXPECT_THAT(refused(lesson("x", R"({"epoch":3})")),
              HasSubstr("422 settings: 'epoch' is no setting"));
  EXPECT_THAT(refused(lesson("x", R"({"epochs":[3]})")), HasSubstr("epochs is no text"));
  EXPECT_THAT(refused(lesson("x", "{")), HasSubstr("422 settings"));
  EXPECT_THAT(refused(lesson("../x", "{}")), HasSubstr("422 prompt name"));
  auto nameless = lesson("x", "{}");
  nameless.erase(nameless.begin());
  EXPECT_THAT(refused(nameless), HasSubstr("422 name of the prompt"));
}

TEST_F(LessonRequests, OfADamagedPictureFailWithItsName) {
  auto parts = lesson("x", R"({"epochs":2})");
  parts.push_back({"image:black_moon", "no picture", "broken.jpg"});
  const std::string told = events(server_.post_form("/v1/learn", parts));
  EXPECT_THAT(told, HasSubstr("event: failed"));
  EXPECT_THAT(told, HasSubstr("broken.jpg"));
  EXPECT_EQ(server_.get("/v1/prompts/x").status, 404);
}

TEST_F(LessonRequests, ReplaceAPromptOnlyWhereThatIsSaid) {
  events(server_.post_form("/v1/learn", lesson("x", R"({"epochs":1})")));
  auto again = lesson("x", R"({"epochs":2})");
  EXPECT_EQ(server_.post_form("/v1/learn", again).status, 409);
  again.push_back({"replace", "true"});
  EXPECT_EQ(server_.post_form("/v1/learn", again).status, 202);
}

TEST_F(LessonRequests, TakeTurnsAndCanBeStopped) {
  const auto first = server_.post_form("/v1/learn", lesson("x", R"({"epochs":100000})"));
  ASSERT_EQ(first.status, 202);
  EXPECT_EQ(server_.post_form("/v1/learn", lesson("y", "{}")).status, 429);
  // Others are answered meanwhile.
  EXPECT_EQ(server_
                .post_form("/v1/classify", {{"image", picture_of("purple_heart", 6), "a"},
                                            {"classes", "heart\nmoon"}})
                .status,
            200);
  EXPECT_EQ(server_.ask("DELETE", "/v1/learn/1").status, 202);
  EXPECT_THAT(events(first), HasSubstr("the lesson was stopped"));
  EXPECT_EQ(server_.get("/v1/prompts/x").status, 404);
  EXPECT_EQ(server_.get("/v1/learn/7/events").status, 404);
}

}  // namespace
}  // namespace qprompt
