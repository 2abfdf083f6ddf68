#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <qprompt.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "qprompt/qprompt.h"

namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kModel[] = DEMO "/model";
constexpr char kStar[] = DEMO "/pictures/val/red_dotted_star/00.webp";
constexpr char kMoon[] = DEMO "/pictures/val/black_moon/00.webp";
constexpr std::array kNames{"red dotted star", "black moon", "three yellow circles"};

struct Free {
  void operator()(qprompt_model* model) const { qprompt_model_free(model); }
  void operator()(qprompt_classifier* classifier) const { qprompt_classifier_free(classifier); }
  void operator()(qprompt_results* results) const { qprompt_results_free(results); }
};
template <typename Handle>
using Owned = std::unique_ptr<Handle, Free>;

std::vector<char> content_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Owned<qprompt_model> load() {
  qprompt_model* model = nullptr;
  EXPECT_EQ(qprompt_model_load(kModel, nullptr, &model), QPROMPT_OK) << qprompt_last_error();
  return Owned<qprompt_model>(model);
}

Owned<qprompt_classifier> zero_shot(const qprompt_model* model) {
  qprompt_classifier* classifier = nullptr;
  EXPECT_EQ(qprompt_classifier_zero_shot(model, nullptr, kNames.data(), kNames.size(), &classifier),
            QPROMPT_OK)
      << qprompt_last_error();
  return Owned<qprompt_classifier>(classifier);
}

class C : public ::testing::Test {
 protected:
  // The line of a call that has to be refused.
  static std::string refused(qprompt_status status, qprompt_status expected) {
    EXPECT_EQ(status, expected) << qprompt_last_error();
    return qprompt_last_error();
  }

  Owned<qprompt_results> classify(std::vector<qprompt_image> images,
                                  qprompt_classify_options options) const {
    qprompt_results* results = nullptr;
    EXPECT_EQ(qprompt_classify(classifier.get(), images.data(), images.size(), &options, &results),
              QPROMPT_OK)
        << qprompt_last_error();
    return Owned<qprompt_results>(results);
  }

  Owned<qprompt_model> model = load();
  Owned<qprompt_classifier> classifier = zero_shot(model.get());
};

TEST_F(C, AnswersAreThoseOfTheLibrary) {
  const auto cpp_model = qprompt::Model::load(kModel);
  const auto cpp = qprompt::AdaptedModel::zero_shot(cpp_model, {"a photo of a {}."},
                                                    {kNames.begin(), kNames.end()});
  const auto expected = qprompt::classify(cpp, kMoon, {.top_k = 2});
  qprompt_classify_options options = QPROMPT_CLASSIFY_OPTIONS_INIT;
  options.top = 2;
  const auto results = classify({qprompt_image_file(kMoon)}, options);
  const qprompt_answer* answer = qprompt_results_answer(results.get(), 0);
  ASSERT_EQ(answer->score_count, 2);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(answer->scores[i].class_name, expected.scores[i].class_name);
    EXPECT_EQ(answer->scores[i].probability, expected.scores[i].probability);
    EXPECT_EQ(answer->scores[i].cosine, expected.scores[i].cosine);
  }
  EXPECT_EQ(answer->scores[0].class_index, 1);
  EXPECT_EQ(answer->margin, expected.margin);
  EXPECT_EQ(answer->known_score, expected.known_score);
  EXPECT_EQ(answer->damage, nullptr);
  EXPECT_EQ(qprompt_results_answer(results.get(), 1), nullptr);
}

TEST_F(C, AFileItsBytesAndItsPixelsHaveOneAnswer) {
  const std::vector<char> bytes = content_of(kStar);
  const std::array<std::uint8_t, 2 * 16> gray{};  // 5 x 2, a row of 15 bytes and one that is none
  const auto results = classify({qprompt_image_file(kStar), qprompt_image_file(kMoon),
                                 qprompt_image_encoded(bytes.data(), bytes.size()),
                                 qprompt_image_pixels(gray.data(), 31, 5, 2, 16)},
                                QPROMPT_CLASSIFY_OPTIONS_INIT);
  const auto best = [&](std::size_t i) { return qprompt_results_answer(results.get(), i)->scores; };
  EXPECT_STREQ(best(0)->class_name, "red dotted star");
  EXPECT_STREQ(best(1)->class_name, "black moon");
  EXPECT_EQ(best(0)->probability, best(2)->probability);
  EXPECT_GT(best(3)->probability, 0.3);
}

TEST_F(C, APromptServesItsOwnNamesAndOthers) {
  const auto cpp_model = qprompt::Model::load(kModel);
  const auto data = qprompt::load_dataset(DEMO "/pictures");
  qprompt::LearnConfig config;
  config.shots = 1;
  config.training.epochs = 1;
  const qprompt::PromptFile prompt = qprompt::learn(cpp_model, data, config).prompt;
  const std::string folder = ::testing::TempDir() + "/qprompt-c-" + std::to_string(::getpid());
  qprompt::save_run(folder, prompt, {"black moon", "red dotted star"}, "{}");

  qprompt_classifier *learned = nullptr, *other = nullptr;
  ASSERT_EQ(qprompt_classifier_load(model.get(), folder.c_str(), nullptr, 0, &learned), QPROMPT_OK)
      << qprompt_last_error();
  const Owned<qprompt_classifier> owned(learned);
  const char* const* names = nullptr;
  std::size_t count = 0;
  ASSERT_EQ(qprompt_classifier_class_names(learned, &names, &count), QPROMPT_OK);
  ASSERT_EQ(count, 2);
  EXPECT_STREQ(names[1], "red dotted star");

  const std::vector<char> bytes = content_of((folder + "/prompt.qprompt").c_str());
  ASSERT_EQ(qprompt_classifier_from_bytes(model.get(), bytes.data(), bytes.size(), kNames.data(),
                                          kNames.size(), &other),
            QPROMPT_OK)
      << qprompt_last_error();
  const Owned<qprompt_classifier> owned_too(other);
  ASSERT_EQ(qprompt_classifier_class_names(other, &names, &count), QPROMPT_OK);
  EXPECT_EQ(count, kNames.size());
  std::filesystem::remove_all(folder);
}

TEST_F(C, EmbeddingsAreUnitRowsWhoseProductIsTheCosine) {
  std::size_t width = 0;
  ASSERT_EQ(qprompt_model_width(model.get(), &width), QPROMPT_OK);
  std::vector<float> image(width), texts(2 * width);
  const qprompt_image star = qprompt_image_file(kStar);
  const std::array sentences{"a photo of a red dotted star.", "a photo of a black moon."};
  ASSERT_EQ(qprompt_embed_images(model.get(), &star, 1, image.data(), image.size()), QPROMPT_OK);
  ASSERT_EQ(qprompt_embed_texts(model.get(), sentences.data(), 2, texts.data(), texts.size()),
            QPROMPT_OK);
  double cosine = 0, norm = 0;
  for (std::size_t i = 0; i < width; ++i) {
    cosine += static_cast<double>(image[i]) * static_cast<double>(texts[i]);
    norm += static_cast<double>(texts[width + i]) * static_cast<double>(texts[width + i]);
  }
  const auto results = classify({star}, QPROMPT_CLASSIFY_OPTIONS_INIT);
  EXPECT_NEAR(cosine, qprompt_results_answer(results.get(), 0)->scores[0].cosine, 1e-5);
  EXPECT_NEAR(norm, 1, 1e-5);
}

TEST_F(C, ADamagedImageIsAnErrorUnlessItIsSkipped) {
  const std::array images{qprompt_image_file(kStar), qprompt_image_encoded("no picture", 10)};
  qprompt_results* results = nullptr;
  EXPECT_THAT(refused(qprompt_classify(classifier.get(), images.data(), 2, nullptr, &results),
                      QPROMPT_ERROR),
              HasSubstr("images[1]"));
  EXPECT_EQ(results, nullptr);
  qprompt_classify_options options = QPROMPT_CLASSIFY_OPTIONS_INIT;
  options.skip_bad_images = 1;
  const auto skipped = classify({images.begin(), images.end()}, options);
  EXPECT_EQ(qprompt_results_answer(skipped.get(), 0)->score_count, 1);
  const qprompt_answer* damaged = qprompt_results_answer(skipped.get(), 1);
  EXPECT_EQ(damaged->scores, nullptr);
  EXPECT_EQ(damaged->score_count, 0);
  EXPECT_THAT(damaged->damage, HasSubstr("images[1]"));
}

TEST_F(C, NullIsAnErrorThatNamesTheArgument) {
  constexpr auto kWrong = QPROMPT_INVALID_ARGUMENT;
  qprompt_model* loaded = nullptr;
  qprompt_classifier* made = nullptr;
  qprompt_results* results = nullptr;
  const qprompt_image star = qprompt_image_file(kStar);
  const std::array names{kNames[0], static_cast<const char*>(nullptr)};
  const auto is_null = [](const std::string& name) { return name + " is NULL"; };
  EXPECT_EQ(refused(qprompt_model_load(nullptr, nullptr, &loaded), kWrong), is_null("path"));
  EXPECT_EQ(refused(qprompt_model_load(kModel, nullptr, nullptr), kWrong), is_null("model"));
  EXPECT_EQ(refused(qprompt_model_width(nullptr, nullptr), kWrong), is_null("model"));
  EXPECT_EQ(refused(qprompt_classifier_load(model.get(), nullptr, nullptr, 0, &made), kWrong),
            is_null("prompt"));
  EXPECT_EQ(
      refused(qprompt_classifier_zero_shot(nullptr, nullptr, kNames.data(), 3, &made), kWrong),
      is_null("model"));
  EXPECT_EQ(refused(qprompt_classifier_zero_shot(model.get(), nullptr, nullptr, 3, &made), kWrong),
            is_null("class_names"));
  EXPECT_EQ(
      refused(qprompt_classifier_zero_shot(model.get(), nullptr, names.data(), 2, &made), kWrong),
      is_null("class_names[1]"));
  EXPECT_EQ(refused(qprompt_classifier_from_bytes(model.get(), nullptr, 9, kNames.data(), 3, &made),
                    kWrong),
            is_null("prompt"));
  EXPECT_EQ(refused(qprompt_classify(nullptr, &star, 1, nullptr, &results), kWrong),
            is_null("classifier"));
  EXPECT_EQ(refused(qprompt_classify(classifier.get(), nullptr, 1, nullptr, &results), kWrong),
            is_null("images"));
  const qprompt_image nothing = qprompt_image_file(nullptr);
  EXPECT_EQ(refused(qprompt_classify(classifier.get(), &nothing, 1, nullptr, &results), kWrong),
            is_null("images[0].data"));
  EXPECT_EQ(refused(qprompt_embed_images(model.get(), &star, 1, nullptr, 0), kWrong),
            is_null("rows"));
  EXPECT_EQ(refused(qprompt_classifier_class_names(classifier.get(), nullptr, nullptr), kWrong),
            is_null("class_names"));
  EXPECT_EQ(made, nullptr);
  qprompt_model_free(nullptr);
  qprompt_classifier_free(nullptr);
  qprompt_results_free(nullptr);
}

TEST_F(C, WhatCannotBeUsedIsNamed) {
  qprompt_model* loaded = nullptr;
  qprompt_classifier* made = nullptr;
  EXPECT_THAT(refused(qprompt_model_load("/nowhere/model", nullptr, &loaded), QPROMPT_ERROR),
              HasSubstr("/nowhere/model"));
  EXPECT_EQ(loaded, nullptr);
  EXPECT_THAT(
      refused(qprompt_classifier_load(model.get(), kStar, nullptr, 0, &made), QPROMPT_ERROR),
      HasSubstr("00.webp"));
  const std::array names{"cat", "M\xFCller"};
  EXPECT_THAT(refused(qprompt_classifier_zero_shot(model.get(), nullptr, names.data(), 2, &made),
                      QPROMPT_ERROR),
              StartsWith("class_names[1]: a class name that is not UTF-8"));
  EXPECT_THAT(
      refused(qprompt_classifier_from_bytes(model.get(), "rubbish", 7, kNames.data(), 3, &made),
              QPROMPT_ERROR),
      StartsWith("a prompt in memory"));
}

TEST_F(C, SizesThatDoNotFitAreRefused) {
  constexpr auto kWrong = QPROMPT_INVALID_ARGUMENT;
  qprompt_model* loaded = nullptr;
  qprompt_model_options options = QPROMPT_MODEL_OPTIONS_INIT;
  options.size = 0;
  EXPECT_THAT(refused(qprompt_model_load(kModel, &options, &loaded), kWrong),
              StartsWith("options of 0 bytes"));
  options = QPROMPT_MODEL_OPTIONS_INIT;
  options.precision = 7;
  EXPECT_THAT(refused(qprompt_model_load(kModel, &options, &loaded), kWrong),
              StartsWith("precision 7"));
  float number = 0;
  const std::array sentences{"a cat"};
  EXPECT_THAT(refused(qprompt_embed_texts(model.get(), sentences.data(), 1, &number, 1), kWrong),
              StartsWith("room for 1 floats, expected 1 rows of"));
  qprompt_results* results = nullptr;
  const std::array<std::uint8_t, 30> pixels{};
  for (const qprompt_image& image : {qprompt_image_pixels(pixels.data(), 29, 5, 2, 0),
                                     qprompt_image_pixels(pixels.data(), 30, 5, 2, 16)}) {
    EXPECT_THAT(refused(qprompt_classify(classifier.get(), &image, 1, nullptr, &results), kWrong),
                HasSubstr("bytes of pixels, expected 2 rows"));
  }
  const qprompt_image of_no_kind{9, pixels.data(), 30, 5, 2, 0};
  EXPECT_THAT(
      refused(qprompt_classify(classifier.get(), &of_no_kind, 1, nullptr, &results), kWrong),
      StartsWith("images[0].kind 9"));
}

TEST_F(C, TheLastErrorIsTheThreadsOwn) {
  qprompt_model* loaded = nullptr;
  qprompt_model_load("/nowhere/model", nullptr, &loaded);
  std::string of_other = "not asked";
  std::thread([&] { of_other = qprompt_last_error(); }).join();
  EXPECT_EQ(of_other, "");
  EXPECT_THAT(qprompt_last_error(), HasSubstr("/nowhere/model"));
}

TEST_F(C, AClassifierOutlivesItsModel) {
  model.reset();
  const auto results = classify({qprompt_image_file(kStar)}, QPROMPT_CLASSIFY_OPTIONS_INIT);
  EXPECT_STREQ(qprompt_results_answer(results.get(), 0)->scores[0].class_name, "red dotted star");
}

}  // namespace
