#include "qprompt/inference/classifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/inference/embed.h"
#include "qprompt/prompt/learner.h"
#include "qprompt/run/run_folder.h"
#include "tests/inference/prompts.h"
#include "tests/server/running_server.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using testing::demo_picture;
using testing::FormPart;
using ::testing::HasSubstr;
using testing::RunningServer;
using ::testing::SizeIs;

class ClassifyRequest : public ::testing::Test {
 protected:
  static FormPart image(std::size_t index) {
    return {"image", demo_picture(index), "picture " + std::to_string(index)};
  }
  static const nlohmann::json first_image(const testing::Answer& answer) {
    return answer.json().at("images").at(0);
  }

  const Model model_ = testing::random_model();
  const std::vector<std::filesystem::path> pictures_ = testing::demo_pictures(9);
  RunningServer server_{model_};
};

TEST_F(ClassifyRequest, AnswersAsTheLibraryDoes) {
  const AdaptedModel zero_shot = AdaptedModel::zero_shot(model_, {"a {}."}, {"cat", "dog", "eel"});
  const auto answer = server_.post_form("/v1/classify", {image(0),
                                                         image(1),
                                                         {"classes", "cat\ndog\r\n\neel\n"},
                                                         {"template", "a {}."},
                                                         {"top", "3"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const std::vector<ImageSource> sources{pictures_[0], pictures_[1]};
  const auto expected = classify(zero_shot, sources, {.top_k = 3});
  for (std::size_t i = 0; i < 2; ++i) {
    const nlohmann::json result = answer.json().at("images").at(i);
    EXPECT_EQ(result.at("image"), "picture " + std::to_string(i));
    ASSERT_THAT(result.at("scores"), SizeIs(3));
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_EQ(result["scores"][c].at("class"), expected[i].scores[c].class_name);
      EXPECT_NEAR(result["scores"][c].at("probability"), expected[i].scores[c].probability, 1e-5);
      EXPECT_NEAR(result["scores"][c].at("cosine"), *expected[i].scores[c].cosine, 1e-5);
    }
  }
}

TEST_F(ClassifyRequest, TakesTheBytesOfOneImageWithItsParametersInTheQuery) {
  const auto form = server_.post_form("/v1/classify", {image(2), {"classes", "red cat\ndog"}});
  const auto bare = server_.ask("POST", "/v1/classify?classes=red+cat%0Adog", demo_picture(2),
                                {{"Content-Type", "image/webp"}});
  ASSERT_EQ(bare.status, 200) << bare.body;
  EXPECT_EQ(first_image(bare).at("scores"), first_image(form).at("scores"));
}

TEST_F(ClassifyRequest, UsesAPromptAmongItsOwnClassesOrOthers) {
  const PromptFile prompt = unified_prompt(model_);
  RunningServer server(model_);
  const auto put = server.ask("PUT", "/v1/prompts/two?classes=cat%0Adog", [&] {
    const auto bytes = to_bytes(prompt);
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }());
  ASSERT_EQ(put.status, 201) << put.body;
  for (const auto& names : {std::vector<std::string>{"cat", "dog"}, {"eel", "fox", "cat"}}) {
    std::string lines;
    for (const std::string& name : names) lines += name + "\n";
    const bool own = names.size() == 2;
    const auto answer = server.post_form(
        "/v1/classify", {image(0), {"prompt", "two"}, {"classes", own ? "" : lines}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json().at("classes"), names);
    const auto expected = classify(AdaptedModel(model_, prompt, names), ImageSource(pictures_[0]));
    EXPECT_EQ(first_image(answer)["scores"][0].at("class"), expected.scores[0].class_name);
    EXPECT_NEAR(first_image(answer)["scores"][0].at("probability"), expected.scores[0].probability,
                1e-5);
  }
}

TEST_F(ClassifyRequest, SaysWhatIsWrongWithIt) {
  const auto refused = [&](const std::vector<FormPart>& parts) {
    const auto answer = server_.post_form("/v1/classify", parts);
    EXPECT_EQ(answer.content_type, "application/problem+json");
    EXPECT_EQ(answer.json().at("status"), answer.status);
    return std::to_string(answer.status) + " " + answer.detail();
  };
  EXPECT_THAT(refused({{"classes", "a\nb"}}), HasSubstr("422 no image"));
  EXPECT_THAT(refused({image(0)}), HasSubstr("422 neither prompt nor classes"));
  EXPECT_THAT(refused({image(0), {"promt", "x"}}), HasSubstr("neither prompt"));
  EXPECT_THAT(refused({image(0), {"classes", "a\nb"}, {"tops", "2"}}),
              HasSubstr("400 unknown parameter 'tops', did you mean top?"));
  EXPECT_THAT(refused({image(0), {"classes", "a\nb"}, {"top", "2x"}}),
              HasSubstr("422 top '2x', expected a number from 1"));
  EXPECT_THAT(refused({image(0), {"classes", "a\na"}}), HasSubstr("class 'a' stands there twice"));
  EXPECT_THAT(refused({image(0), {"classes", std::string(201, 'a')}}),
              HasSubstr("a class name of 201 bytes, the limit is 200"));
  EXPECT_THAT(refused({image(0), {"prompt", "none"}}), HasSubstr("404 no prompt 'none'"));
  EXPECT_THAT(refused({{"image", "no picture", "a.jpg"}, {"classes", "a\nb"}}),
              AllOf(HasSubstr("422 a.jpg: "), HasSubstr("expected JPEG")));
  EXPECT_THAT(refused({image(0), {"classes", "a\nb"}, {"template", "no braces"}}),
              HasSubstr("422 "));
}

TEST_F(ClassifyRequest, ADamagedImageIsToldInItsPlaceWhereItMayBeSkipped) {
  const auto answer = server_.post_form("/v1/classify", {image(0),
                                                         {"image", "no picture", "b.jpg"},
                                                         image(1),
                                                         {"classes", "a\nb"},
                                                         {"skip_bad_images", "true"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const nlohmann::json images = answer.json().at("images");
  ASSERT_THAT(images, SizeIs(3));
  EXPECT_THAT(images[1].at("error").get<std::string>(), HasSubstr("b.jpg"));
  EXPECT_THAT(images[2].at("scores"), SizeIs(2));
}

TEST_F(ClassifyRequest, OfMoreImagesOrPixelsThanTheLimitsIsRefused) {
  server::ServerOptions options;
  options.limits.images = 2;
  options.limits.megapixels = 0;
  const RunningServer server(model_, options);
  EXPECT_THAT(server.post_form("/v1/classify", {image(0), image(1), image(2), {"classes", "a\nb"}})
                  .detail(),
              HasSubstr("3 images, the limit is 2"));
  EXPECT_THAT(server.post_form("/v1/classify", {image(0), {"classes", "a\nb"}}).detail(),
              HasSubstr("pixels, the limit is 0"));
}

TEST_F(ClassifyRequest, OfAPictureThatWasJustSeenIsNotEncodedAgain) {
  for (const char* classes : {"a\nb", "a\nb", "c\nd"}) {
    EXPECT_EQ(server_.post_form("/v1/classify", {image(5), {"classes", classes}}).status, 200);
  }
  const std::string metrics = server_.get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("qprompt_batch_images_count 1\n"));
  EXPECT_THAT(metrics, HasSubstr("qprompt_remembered_images_total 2\n"));
}

TEST_F(ClassifyRequest, EmbeddingsAreThoseOfTheLibrary) {
  const auto images = server_.post_form("/v1/embed/image", {image(3), image(4)});
  ASSERT_EQ(images.status, 200) << images.body;
  const std::vector<ImageSource> sources{pictures_[3], pictures_[4]};
  const Matrix expected = embed_images(model_, sources);
  for (Index i = 0; i < 2; ++i) {
    const auto row = images.json()["embeddings"][static_cast<std::size_t>(i)];
    ASSERT_THAT(row, SizeIs(expected.cols()));
    EXPECT_NEAR(row[7], expected(i, 7), 1e-5);
  }
  const auto texts = server_.post_json("/v1/embed/text", {{"texts", {"a cat", "a dog"}}});
  EXPECT_NEAR(texts.json()["embeddings"][1][3], embed_texts(model_, {"a cat", "a dog"})(1, 3),
              1e-5);
  EXPECT_THAT(server_.post_json("/v1/embed/text", {{"text", {"a"}}}).detail(),
              HasSubstr("did you mean texts?"));
  EXPECT_EQ(server_.post_json("/v1/embed/text", {{"texts", "a"}}).status, 422);
}

TEST_F(ClassifyRequest, ImagesOfManyConnectionsShareABatch) {
  server::ServerOptions options;
  options.batching.max_batch = 8;
  options.batching.max_wait_ms = 2000;
  const RunningServer server(model_, options);
  std::vector<std::thread> clients;
  std::atomic<int> right = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      const auto answer = server.post_form("/v1/classify", {image(i), {"classes", "a\nb"}});
      if (answer.status == 200 && first_image(answer)["image"] == "picture " + std::to_string(i)) {
        ++right;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, 8);
  EXPECT_THAT(server.get("/metrics").body, HasSubstr("qprompt_batch_images_count 1\n"));
}

TEST_F(ClassifyRequest, IsToldToComeAgainWhereTooManyImagesWait) {
  server::ServerOptions options;
  options.batching = {.max_batch = 8, .max_wait_ms = 1000, .max_queue = 1};
  const RunningServer server(model_, options);
  std::thread first([&] {
    EXPECT_EQ(server.post_form("/v1/classify", {image(0), {"classes", "a\nb"}}).status, 200);
  });
  while (server.get("/metrics").body.find("qprompt_queued_images 1\n") == std::string::npos) {
  }
  const auto answer = server.post_form("/v1/classify", {image(1), {"classes", "a\nb"}});
  first.join();
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.headers.at("Retry-After"), "1");
  EXPECT_THAT(answer.detail(), HasSubstr("1 images wait already, the limit is 1"));
}

}  // namespace
}  // namespace qprompt
