#include "qprompt/eval/base_to_new.h"

#include "qprompt/data/few_shot.h"
#include "qprompt/eval/evaluate.h"
#include "tests/eval/demo_data.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;
using Names = std::vector<std::string>;

const std::string kTemplate = "a photo of a {}.";

LearnConfig brief(QuantizerKind quantizer) {
  LearnConfig config;
  config.method = CoOpConfig{.n_ctx = 4, .ctx_init = ""};
  config.views = 2;
  config.training.epochs = 2;
  config.training.batch_size = 4;
  config.training.optimizer.lr = 0.05;
  config.training.optimizer.warmup_epochs = 0;
  config.training.quantizer.kind = quantizer;
  return config;
}

ProtocolEntry zero_shot() { return {"zeroshot", {}, {kTemplate}}; }
ProtocolEntry coop() { return {"coop", brief(QuantizerKind::kNone)}; }
ProtocolEntry qcoop() { return {"qcoop", brief(QuantizerKind::kKMeans)}; }

BaseToNewOptions two_shots(const std::vector<std::uint64_t>& seeds) {
  BaseToNewOptions options;
  options.seeds = seeds;
  options.shots = 2;
  return options;
}

Names methods_of(const BaseToNewResult& result) {
  Names methods;
  for (const BaseToNewRun& run : result.runs) methods.push_back(run.method);
  return methods;
}

void expect_same_numbers(const BaseToNewRun& a, const BaseToNewRun& b) {
  EXPECT_EQ(a.seed, b.seed);
  EXPECT_EQ(a.train_seed, b.train_seed);
  EXPECT_EQ(a.base, b.base);
  EXPECT_EQ(a.novel, b.novel);
  EXPECT_EQ(a.payload_bytes, b.payload_bytes);
  EXPECT_EQ(a.file_bytes, b.file_bytes);
  EXPECT_EQ(a.clusterings, b.clusterings);
}

class BaseToNew : public ::testing::Test {
 protected:
  BaseToNewResult run(const std::vector<ProtocolEntry>& entries,
                      const BaseToNewOptions& options) const {
    return base_to_new(model_, data_, entries, options);
  }

  // The result, and the loss of every epoch of every run.
  std::pair<BaseToNewResult, std::vector<double>> run_with_losses(
      const std::vector<ProtocolEntry>& entries, BaseToNewOptions options) const {
    std::vector<double> losses;
    options.observer.on_epoch = [&](const EpochReport& report) { losses.push_back(report.loss); };
    BaseToNewResult result = run(entries, options);
    return {result, losses};
  }

  std::string error(const std::vector<ProtocolEntry>& entries,
                    const BaseToNewOptions& options) const {
    return testing::error_of([&] { run(entries, options); });
  }

  const Model model_ = testing::demo_model(testing::float32(1));
  Dataset data_ = small_demo_data();
};

TEST_F(BaseToNew, TestsEachHalfAmongItsOwnClasses) {
  const BaseToNewResult result = run({zero_shot()}, two_shots({1}));
  EXPECT_EQ(result.base_classes, Names(data_.class_names.begin(), data_.class_names.begin() + 3));
  EXPECT_EQ(result.new_classes, Names(data_.class_names.begin() + 3, data_.class_names.end()));
  EXPECT_EQ(result.base_images, 9);
  EXPECT_EQ(result.new_images, 6);
  ASSERT_EQ(result.runs.size(), 1u);
  const auto accuracy = [&](ClassSubset half) {
    const Dataset of_half = subsample_classes(data_, half);
    return evaluate(AdaptedModel::zero_shot(model_, {kTemplate}, of_half.class_names), of_half.test)
        .metrics.accuracy();
  };
  EXPECT_EQ(result.runs[0].base, accuracy(ClassSubset::kBase));
  EXPECT_EQ(result.runs[0].novel, accuracy(ClassSubset::kNew));
}

TEST_F(BaseToNew, ZeroShotRunsOnceWhateverTheSeeds) {
  const BaseToNewResult one = run({zero_shot()}, two_shots({1}));
  const BaseToNewResult many = run({zero_shot()}, two_shots({7, 8, 9}));
  ASSERT_EQ(one.runs.size(), 1u);
  ASSERT_EQ(many.runs.size(), 1u);
  expect_same_numbers(one.runs[0], many.runs[0]);
  EXPECT_EQ(one.runs[0].payload_bytes, 0u);
}

TEST_F(BaseToNew, RunsEveryMethodWithEverySeedAndBatchOrder) {
  BaseToNewOptions options = two_shots({1, 2});
  options.train_seeds = {5, 6};
  Names seen;
  options.on_run = [&](const BaseToNewRun& finished) { seen.push_back(finished.method); };
  const BaseToNewResult result = run({qcoop(), zero_shot(), coop()}, options);
  EXPECT_EQ(methods_of(result), (Names{"zeroshot", "qcoop", "coop", "qcoop", "coop", "qcoop",
                                       "coop", "qcoop", "coop"}));
  EXPECT_EQ(seen, methods_of(result));
  for (std::size_t i = 1; i < result.runs.size(); ++i) {
    EXPECT_EQ(result.runs[i].seed, i <= 4 ? 1u : 2u);
    EXPECT_EQ(result.runs[i].train_seed, i % 4 == 1 || i % 4 == 2 ? 5u : 6u);
  }
}

TEST_F(BaseToNew, SameSeedsGiveTheSameNumbers) {
  const auto [first, first_losses] = run_with_losses({coop(), qcoop()}, two_shots({1, 2}));
  const auto [second, second_losses] = run_with_losses({coop(), qcoop()}, two_shots({1, 2}));
  ASSERT_EQ(first.runs.size(), 4u);
  ASSERT_EQ(second.runs.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) expect_same_numbers(first.runs[i], second.runs[i]);
  ASSERT_EQ(first_losses.size(), 8u);
  EXPECT_EQ(first_losses, second_losses);
  EXPECT_NE(first_losses[0], first_losses[4]) << "seeds draw other shots";
}

TEST_F(BaseToNew, MethodsShareShotsViewsAndBatchOrders) {
  ProtocolEntry twin = coop(), other_views = coop();
  twin.name = "twin";
  other_views.learn->views = 0;
  const auto [result, losses] = run_with_losses({coop(), other_views, twin}, two_shots({3}));
  ASSERT_EQ(losses.size(), 6u);
  EXPECT_EQ(losses[0], losses[4]);
  EXPECT_EQ(losses[1], losses[5]);
  EXPECT_NE(losses[0], losses[2]);
  expect_same_numbers(result.runs[0], result.runs[2]);
}

TEST_F(BaseToNew, ARunIsWhatLearningAndEvaluatingByHandGives) {
  const auto [result, losses] = run_with_losses({qcoop()}, two_shots({4}));
  LearnConfig config = brief(QuantizerKind::kKMeans);
  config.classes = ClassSubset::kBase;
  config.shots = 2;
  config.seed = 4;
  const Learned learned = learn(model_, data_, config);
  ASSERT_EQ(learned.epochs.size(), losses.size());
  for (std::size_t e = 0; e < losses.size(); ++e) EXPECT_EQ(learned.epochs[e].loss, losses[e]);
  const Dataset novel = subsample_classes(data_, ClassSubset::kNew);
  ASSERT_EQ(result.runs.size(), 1u);
  const BaseToNewRun& only = result.runs[0];
  const AdaptedModel adapted(model_, learned.prompt, novel.class_names);
  EXPECT_EQ(only.novel, evaluate(adapted, novel.test).metrics.accuracy());
  EXPECT_EQ(only.file_bytes, to_bytes(learned.prompt).size());
  const auto values = static_cast<std::size_t>(4 * model_.shape().text.width);
  EXPECT_EQ(only.payload_bytes, values / 8 + 4);
  EXPECT_EQ(only.clusterings, learned.clusterings.at("ctx"));
  EXPECT_GE(only.clusterings, 1);
}

TEST_F(BaseToNew, AnInterruptionKeepsFinishedRuns) {
  bool stop = false;
  BaseToNewOptions options = two_shots({1, 2});
  options.on_run = [&](const BaseToNewRun& finished) { stop = finished.method == "coop"; };
  options.observer.stop = [&] { return stop; };
  const BaseToNewResult result = run({zero_shot(), coop(), qcoop()}, options);
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(methods_of(result), (Names{"zeroshot", "coop"}));
  EXPECT_EQ(result.base_images, 9);
  EXPECT_FALSE(run({zero_shot()}, two_shots({1})).interrupted);
}

TEST_F(BaseToNew, AnInterruptionWhileImagesAreEncodedKeepsNone) {
  BaseToNewOptions options = two_shots({1});
  options.features.stop = [] { return true; };
  const BaseToNewResult result = run({zero_shot()}, options);
  EXPECT_TRUE(result.interrupted);
  EXPECT_TRUE(result.runs.empty());
}

TEST_F(BaseToNew, NamesBaseClassesWithFewerImagesThanShots) {
  BaseToNewOptions options = two_shots({1});
  options.shots = 3;
  data_.train = first_of_each(data_.train, 5, 3);
  std::erase_if(data_.train, [&](const Item& item) {  // one of class 1 and one of class 4 remain
    return (item.label == 1 || item.label == 4) && item.image.path().filename() != "00.webp";
  });
  const BaseToNewResult result = run({coop()}, options);
  ASSERT_EQ(result.scarce.size(), 1u);
  EXPECT_EQ(result.scarce[0].name, data_.class_names[1]);
  EXPECT_EQ(result.scarce[0].images, 1);
}

TEST_F(BaseToNew, NamesEachSkippedImageOnce) {
  const testing::TemporaryFolder folder;
  data_.test.front().image = folder.file("test.webp", "");
  data_.train = first_of_each(data_.train, 5, 3);
  data_.train.front().image = folder.file("train.webp", "");
  BaseToNewOptions options = two_shots({1, 2});
  options.shots = 3;
  options.features.skip_bad_images = true;
  const BaseToNewResult result = run({coop()}, options);
  EXPECT_EQ(result.base_images, 8);
  ASSERT_EQ(result.skipped.size(), 2u);
  EXPECT_THAT(result.skipped[0], HasSubstr("test.webp"));
  EXPECT_THAT(result.skipped[1], HasSubstr("train.webp"));
  options.features.skip_bad_images = false;
  EXPECT_THAT(error({coop()}, options), HasSubstr("test.webp"));
}

TEST_F(BaseToNew, RefusesAMethodThatHasNothingForNewClasses) {
  ProtocolEntry bound = coop();
  bound.learn->method = CoOpConfig{.n_ctx = 4, .ctx_init = "", .class_specific = true};
  BaseToNewOptions options = two_shots({1});
  options.on_run = [](const BaseToNewRun&) { ADD_FAILURE() << "a run before the refusal"; };
  EXPECT_THAT(error({zero_shot(), bound}, options), HasSubstr("'coop'"));
}

TEST_F(BaseToNew, RefusesAHalfWithoutTestImages) {
  std::erase_if(data_.test, [](const Item& item) { return item.label >= 3; });
  EXPECT_THAT(error({zero_shot()}, two_shots({1})), HasSubstr("0 of new classes"));
}

}  // namespace
}  // namespace qprompt
