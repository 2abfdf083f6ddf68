#include <algorithm>

#include "qprompt/core/fields.h"
#include "qprompt/core/file.h"
#include "qprompt/formats/safetensors.h"
#include "tests/support/errors.h"
#include "tests/support/small_methods.h"
#include "tests/train/demo_set.h"
#include "tests/train/separable_images.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;

const std::string kSettings = "lr=0.05";

class Resume : public SeparableImages {
 protected:
  std::filesystem::path file(std::size_t epochs) const {
    return folder_ / (std::to_string(epochs) + ".safetensors");
  }
  Observer saving() const {
    Observer observer;
    observer.on_state = [this](const TrainingState& state) {
      save_state_file(state, kSettings, file(state.epochs.size()));
    };
    return observer;
  }
  TrainingResult from(const PromptedClip& clip, const TrainingData& data,
                      const TrainingConfig& config, std::size_t epochs) const {
    const TrainingState state = load_state_file(file(epochs), kSettings);
    EXPECT_EQ(state.epochs.size(), epochs);
    return train(clip, {data.set, data.validation, &state}, config, 1);
  }

  testing::TemporaryFolder folder_;
};

void expect_same(const TrainingResult& a, const TrainingResult& b) {
  EXPECT_EQ(a.values, b.values);
  EXPECT_EQ(a.quantizer.state(), b.quantizer.state());
  EXPECT_EQ(a.steps, b.steps);
  EXPECT_EQ(a.chosen_epoch, b.chosen_epoch);
  ASSERT_EQ(a.epochs.size(), b.epochs.size());
  for (std::size_t e = 0; e < a.epochs.size(); ++e) {
    EXPECT_EQ(a.epochs[e].loss, b.epochs[e].loss);
    EXPECT_EQ(a.epochs[e].accuracy, b.epochs[e].accuracy);
    EXPECT_EQ(a.epochs[e].validation, b.epochs[e].validation);
  }
}

TEST_F(Resume, GoesOnAfterAnyEpochAsIfItHadNotBeenInterrupted) {
  const PromptedClip coop = clip();
  const TrainingData data{set_, &validation_};
  for (const auto kind : {QuantizerKind::kNone, QuantizerKind::kKMeans, QuantizerKind::kNoise}) {
    for (const auto choice :
         {ModelChoice::kLastEpoch, ModelChoice::kBestVal, ModelChoice::kAverage}) {
      SCOPED_TRACE(enum_name(kind) + ", " + enum_name(choice));
      TrainingConfig config = this->config(kind, 4);
      config.quantizer.min_interval = 2;
      config.quantizer.kl_threshold = 0;
      config.model_choice = choice;
      config.average_mean = 2;
      const TrainingResult whole = train(coop, data, config, 1, saving());
      for (std::size_t epochs = 1; epochs <= 4; ++epochs) {
        expect_same(from(coop, data, config, epochs), whole);
      }
    }
  }
}

TEST_F(Resume, GoesOnForEveryMethod) {
  const TrainingSet pictures = demo_set(model_, 6, 2);
  const TrainingConfig config = this->config(QuantizerKind::kKMeans, 2);
  std::vector<testing::NamedMethod> methods = testing::stepping_feature_methods();
  std::ranges::copy(testing::small_methods(), std::back_inserter(methods));
  for (const testing::NamedMethod& method : methods) {
    SCOPED_TRACE(method.name);
    const auto learner =
        make_learner(method.config, model_, seen_classes(class_names_, pictures.labels));
    const PromptedClip clip(model_, learner, class_names_);
    const TrainingResult whole = train(clip, {pictures}, config, 1, saving());
    expect_same(from(clip, {pictures}, config, 1), whole);
  }
}

TEST_F(Resume, GoesOnWithAdamW) {
  TrainingConfig config = this->config(QuantizerKind::kKMeans, 3);
  config.optimizer.kind = OptimizerKind::kAdamW;
  const TrainingResult whole = train(clip(), {set_}, config, 1, saving());
  expect_same(from(clip(), {set_}, config, 1), whole);
  TrainingState without = load_state_file(file(1), kSettings);
  without.squares.clear();
  EXPECT_THROW(train(clip(), {set_, nullptr, &without}, config, 1), Error);
}

TEST_F(Resume, GoesOnFromTheLastWholeEpochWhereItWasStoppedAmidOne) {
  const TrainingConfig config = this->config(QuantizerKind::kKMeans, 3);
  const TrainingResult whole = train(clip(), {set_}, config, 1, saving());
  int asked = 0;
  Observer stopped = saving();
  stopped.stop = [&asked] { return ++asked == 5; };  // three steps make an epoch
  EXPECT_TRUE(train(clip(), {set_}, config, 1, stopped).interrupted);
  expect_same(from(clip(), {set_}, config, 1), whole);
}

TEST_F(Resume, KeepsPatience) {
  TrainingConfig config = this->config(QuantizerKind::kNone, 6);
  config.optimizer.lr = config.optimizer.warmup_lr = 0;  // no epoch is better than the first
  config.patience = 2;
  const TrainingData data{set_, &validation_};
  const TrainingResult whole = train(clip(), data, config, 1, saving());
  EXPECT_EQ(whole.epochs.size(), 3u);
  expect_same(from(clip(), data, config, 2), whole);
  expect_same(from(clip(), data, config, 3), whole);
}

TEST_F(Resume, IsRefusedUnderOtherSettings) {
  train(clip(), {set_}, config(QuantizerKind::kKMeans, 1), 1, saving());
  EXPECT_NO_THROW(load_state_file(file(1), kSettings));
  EXPECT_THAT(testing::error_of([&] { load_state_file(file(1), "lr=0.1"); }),
              ::testing::AllOf(HasSubstr(file(1).string()), HasSubstr("other settings")));
}

TEST_F(Resume, RefusesAFileThatWasCutOff) {
  train(clip(), {set_}, config(QuantizerKind::kKMeans, 1), 1, saving());
  const std::string whole = read_text(file(1));
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    const auto cut = folder_.file("cut.safetensors", whole.substr(0, size));
    EXPECT_THAT(testing::error_of([&] { load_state_file(cut, kSettings); }),
                HasSubstr("cut.safetensors"))
        << size;
  }
}

// Or reads it as it was: some bytes of a header mean nothing.
TEST_F(Resume, BelievesNoFlippedBit) {
  TrainingConfig config = this->config(QuantizerKind::kKMeans, 2);
  config.model_choice = ModelChoice::kAverage;
  config.average_mean = 1;
  train(clip(), {set_}, config, 1, saving());
  const std::string whole = read_text(file(2));
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); at += 13) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    const auto path = folder_.file("flipped.safetensors", flipped);
    try {
      save_state_file(load_state_file(path, kSettings), kSettings, folder_ / "again");
      EXPECT_EQ(read_text(folder_ / "again"), whole) << "byte " << at;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("flipped.safetensors"));
      ++refused;
    }
  }
  EXPECT_GT(refused, 50);
}

TEST_F(Resume, RefusesAFileOfSomethingElse) {
  const auto path = folder_ / "other.safetensors";
  const auto refusal = [&](const std::map<std::string, std::string>& metadata) {
    write_safetensors(path, {{"current.values.ctx", Matrix::Ones(3, 24)}}, metadata);
    return testing::error_of([&] { load_state_file(path, kSettings); });
  };
  EXPECT_THAT(refusal({}),
              ::testing::AllOf(HasSubstr("other.safetensors"), HasSubstr("not a training state")));
  EXPECT_THAT(refusal({{"settings", kSettings}}), HasSubstr("not a training state"));
  EXPECT_THAT(refusal({{"settings", kSettings}, {"checksum", "0"}}), HasSubstr("damaged"));
  EXPECT_THAT(testing::error_of([&] { load_state_file(folder_ / "none", kSettings); }),
              HasSubstr("none"));
}

// Matrices of another learner, in the values, the velocity, and what was chosen.
TEST_F(Resume, RefusesMatricesThatAreNotTheLearners) {
  TrainingState good;
  Observer keeping;
  keeping.on_state = [&](const TrainingState& state) { good = state; };
  TrainingConfig config = this->config(QuantizerKind::kKMeans, 2);
  config.model_choice = ModelChoice::kAverage;
  config.average_mean = 1;
  const TrainingData data{set_};
  train(clip(), data, config, 1, keeping);
  good.epochs.resize(1);
  const auto refused = [&](const auto& damage) {
    TrainingState state = good;
    damage(state);
    EXPECT_THROW(train(clip(), {set_, nullptr, &state}, config, 1), Error);
  };
  EXPECT_NO_THROW(train(clip(), {set_, nullptr, &good}, config, 1));
  refused([](TrainingState& state) { state.current.values.clear(); });
  refused([](TrainingState& state) { state.current.values["more"] = Matrix::Ones(1, 1); });
  refused([](TrainingState& state) { state.velocity["ctx"].resize(3, 23); });
  refused([](TrainingState& state) { state.velocity["more"] = Matrix::Ones(1, 1); });
  refused([](TrainingState& state) { state.chosen.values["ctx"].resize(2, 24); });
  refused([](TrainingState& state) { state.epochs.resize(9); });
}

}  // namespace
}  // namespace qprompt
