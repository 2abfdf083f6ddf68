#include <cmath>

#include "tests/support/errors.h"
#include "tests/train/separable_images.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;

class ModelChoiceTest : public SeparableImages {
 protected:
  // The states after each epoch, too.
  TrainingResult run_keeping_states(const TrainingConfig& config) {
    states_.clear();
    Observer observer;
    observer.on_state = [this](const TrainingState& state) { states_.push_back(state); };
    return train(clip(), {set_, &validation_}, config, 1, observer);
  }

  // What the epochs leave behind is judged on classes that they were not taught: the longer they
  // learn, the worse.
  void swap_validation_labels() {
    for (int& label : validation_.labels) label = (label + 1) % 3;
  }

  static std::size_t first_best(const std::vector<EpochReport>& epochs) {
    const auto worse = [](const auto& a, const auto& b) { return a.validation < b.validation; };
    return std::max_element(epochs.begin(), epochs.end(), worse) - epochs.begin();
  }

  std::vector<TrainingState> states_;
};

TEST_F(ModelChoiceTest, IsTheLastEpochUnlessAskedOtherwise) {
  const TrainingResult result = run_keeping_states(config(QuantizerKind::kKMeans, 3));
  EXPECT_EQ(result.values, states_.back().current.values);
  EXPECT_EQ(result.chosen_epoch, 3);
}

TEST_F(ModelChoiceTest, BestValDeploysTheFirstOfTheBestEpochsWithItsQuantizer) {
  swap_validation_labels();
  for (const auto kind : {QuantizerKind::kNone, QuantizerKind::kKMeans}) {
    TrainingConfig config = this->config(kind, 12);
    config.optimizer.lr = 0.3;
    config.model_choice = ModelChoice::kBestVal;
    config.quantizer.min_interval = 1;
    config.quantizer.kl_threshold = 0;
    const TrainingResult result = run_keeping_states(config);
    const std::size_t best = first_best(result.epochs);
    ASSERT_LT(best, 11u) << "the best epoch shall not be the last";
    EXPECT_EQ(result.chosen_epoch, static_cast<int>(best) + 1);
    EXPECT_EQ(result.values, states_[best].current.values);
    EXPECT_EQ(result.quantizer.state(), states_[best].current.quantizer);
    EXPECT_NE(result.values, states_.back().current.values);
  }
}

TEST_F(ModelChoiceTest, IsJudgedOnWhatWouldBeDeployed) {
  const TrainingConfig config = this->config(QuantizerKind::kKMeans, 4);
  const TrainingResult result = run_keeping_states(config);
  for (std::size_t e = 0; e < 4; ++e) {
    PromptQuantizer quantizer = result.quantizer;
    quantizer.restore(states_[e].current.quantizer);
    const ParameterMap deployed = quantizer.deployed(states_[e].current.values);
    ASSERT_NE(deployed, states_[e].current.values);
    EXPECT_EQ(result.epochs[e].validation,
              accuracy(AdaptedModel::of(clip(), deployed), validation_));
  }
}

TEST_F(ModelChoiceTest, PatienceEndsTrainingSoManyEpochsAfterTheBest) {
  swap_validation_labels();
  TrainingConfig config = this->config(QuantizerKind::kNone, 40);
  config.optimizer.lr = 0.3;
  config.patience = 3;
  const TrainingResult result = run_keeping_states(config);
  ASSERT_LT(result.epochs.size(), 40u);
  EXPECT_EQ(result.epochs.size(), first_best(result.epochs) + 1 + 3);
  EXPECT_FALSE(result.interrupted);
  EXPECT_EQ(result.values, states_.back().current.values) << "patience alone chooses no epoch";
}

TEST_F(ModelChoiceTest, AverageWeighsEpochsByAGaussian) {
  TrainingConfig config = this->config(QuantizerKind::kNone, 5);
  config.model_choice = ModelChoice::kAverage;
  config.average_mean = 3.5;
  config.average_deviation = 1.5;
  const TrainingResult result = run_keeping_states(config);
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(3, model_.shape().text.width);
  double weights = 0;
  for (int epoch = 1; epoch <= 5; ++epoch) {
    const double weight = std::exp(-std::pow((epoch - 3.5) / 1.5, 2) / 2);
    sum += weight * states_[epoch - 1].current.values.at("ctx").cast<double>();
    weights += weight;
  }
  const Eigen::MatrixXd expected = sum / weights;
  EXPECT_LT((result.values.at("ctx").cast<double>() - expected).cwiseAbs().maxCoeff(), 1e-6);
  EXPECT_NE(result.values, states_.back().current.values);
}

TEST_F(ModelChoiceTest, AverageOfANarrowGaussianIsOneEpoch) {
  TrainingConfig config = this->config(QuantizerKind::kNone, 4);
  config.model_choice = ModelChoice::kAverage;
  config.average_mean = 2;
  config.average_deviation = 0.01;
  const TrainingResult result = run_keeping_states(config);
  EXPECT_EQ(result.values, states_[1].current.values);
}

TEST_F(ModelChoiceTest, AverageNeedsEpochsNearItsMean) {
  TrainingConfig config = this->config(QuantizerKind::kNone, 4);
  config.model_choice = ModelChoice::kAverage;
  config.average_mean = 50;
  config.average_deviation = 1;
  EXPECT_THAT(testing::error_of([&] { run(config); }), HasSubstr("average_mean 50"));
  config.average_mean = 2;
  config.average_deviation = 0;
  EXPECT_THAT(testing::error_of([&] { run(config); }), HasSubstr("deviation"));
}

TEST_F(ModelChoiceTest, AverageOfARunThatWasStoppedIsItsLastStep) {
  TrainingConfig config = this->config(QuantizerKind::kNone, 4);
  config.model_choice = ModelChoice::kAverage;
  config.average_mean = 2;
  int asked = 0;
  Observer observer;
  observer.stop = [&asked] { return ++asked == 7; };  // amid the third epoch
  const TrainingResult stopped = train(clip(), {set_}, config, 1, observer);
  config.model_choice = ModelChoice::kLastEpoch;
  asked = 0;
  EXPECT_EQ(stopped.values, train(clip(), {set_}, config, 1, observer).values);
}

// Zero-shot is epoch 0: an epoch has to be better than that.
TEST_F(ModelChoiceTest, BestOrZeroShotIsNoEpochWhereNoneIsBetter) {
  TrainingConfig config = this->config(QuantizerKind::kKMeans, 4);
  config.model_choice = ModelChoice::kBestOrZeroShot;
  TrainingData data{set_, &validation_};
  data.zero_shot = 1;
  EXPECT_EQ(train(clip(), data, config, 1).chosen_epoch, 0);
  config.model_choice = ModelChoice::kBestVal;
  EXPECT_GT(train(clip(), data, config, 1).chosen_epoch, 0);
}

TEST_F(ModelChoiceTest, BestOrZeroShotIsTheFirstBestEpochThatIsBetter) {
  TrainingConfig config = this->config(QuantizerKind::kKMeans, 4);
  config.model_choice = ModelChoice::kBestOrZeroShot;
  TrainingData data{set_, &validation_};
  data.zero_shot = 0;
  const TrainingResult result = train(clip(), data, config, 1);
  EXPECT_EQ(result.chosen_epoch, static_cast<int>(first_best(result.epochs)) + 1);
  config.model_choice = ModelChoice::kBestVal;
  EXPECT_EQ(result.values, train(clip(), data, config, 1).values);
}

// The schedule is that of all epochs.
TEST_F(ModelChoiceTest, StopEpochLeavesTheValuesOfThatEpoch) {
  TrainingConfig config = this->config(QuantizerKind::kKMeans, 5);
  run_keeping_states(config);
  const auto states = states_;
  config.stop_epoch = 3;
  const TrainingResult stopped = run_keeping_states(config);
  EXPECT_EQ(stopped.values, states[2].current.values);
  EXPECT_EQ(stopped.epochs.size(), 3u);
  EXPECT_EQ(stopped.chosen_epoch, 3);
  EXPECT_FALSE(stopped.interrupted);
}

TEST_F(ModelChoiceTest, StopEpochZeroLearnsNothing) {
  TrainingConfig config = this->config(QuantizerKind::kNone, 5);
  config.stop_epoch = 0;
  const TrainingResult result = run(config);
  EXPECT_EQ(result.steps, 0);
  EXPECT_TRUE(result.epochs.empty());
}

TEST_F(ModelChoiceTest, StopEpochLiesWithinTheSchedule) {
  TrainingConfig config = this->config(QuantizerKind::kNone, 4);
  for (const int epoch : {-2, 5}) {
    config.stop_epoch = epoch;
    EXPECT_THAT(testing::error_of([&] { run(config); }),
                HasSubstr("stop_epoch " + std::to_string(epoch)));
  }
  config.stop_epoch = 3;
  config.model_choice = ModelChoice::kAverage;
  config.average_mean = 2;
  EXPECT_THAT(testing::error_of([&] { run(config); }), HasSubstr("needs all 4 epochs"));
}

TEST_F(ModelChoiceTest, NeedsValidationImagesWhereItLooksAtThem) {
  TrainingConfig best = config(QuantizerKind::kNone), patient = best;
  best.model_choice = ModelChoice::kBestVal;
  patient.patience = 1;
  for (const TrainingConfig& needing : {best, patient}) {
    EXPECT_TRUE(needs_validation(needing));
    EXPECT_THAT(testing::error_of([&] { run(needing); }), HasSubstr("needs validation images"));
  }
  EXPECT_FALSE(needs_validation(config(QuantizerKind::kNone)));
}

}  // namespace
}  // namespace qprompt
