#include "qprompt/tune/tune.h"

#include <gmock/gmock.h>

#include "qprompt/core/error.h"
#include "qprompt/tune/fold_bench.h"
#include "qprompt/tune/schedule.h"
#include "tests/support/errors.h"
#include "tests/support/test_models.h"

namespace qprompt {
namespace {

// Six classes of the demo pictures, six images of each to learn from and two to look at.
class Tune : public ::testing::Test {
 protected:
  Tune() {
    const Dataset all = load_dataset(testing::demo_folder() / "pictures");
    chosen_.name = "pictures";
    chosen_.class_names = {all.class_names.begin(), all.class_names.begin() + 6};
    take(all.train, 6, chosen_.train);
    take(all.val, 2, chosen_.val);
    config_.repeats = 2;
    config_.budget = "0";
  }

  static void take(const std::vector<Item>& items, int count, std::vector<Item>& taken) {
    std::vector<int> counts(6);
    for (const Item& item : items) {
      if (item.label < 6 && counts[item.label]++ < count) taken.push_back(item);
    }
  }

  std::vector<TuneCandidate> candidates(const Settings& given = {}) const {
    std::set<std::string> unknown;
    Settings settings{{"epochs", "4"}, {"views", "2"}, {"batch_size", "6"}};
    return candidates_for(config_.goal, methods_of(config_), merged(settings, given), unknown);
  }

  TuneResult tune(const TuneOptions& options = {}) const {
    return qprompt::tune(model_, chosen_, base_, candidates(), config_, {}, options);
  }

  const Model model_ = testing::demo_model(testing::float32(1));
  Dataset chosen_;
  LearnConfig base_;
  TuneConfig config_;
};

TEST_F(Tune, TriesAllOnTheFirstFoldAndTheBestOnAll) {
  const TuneResult result = tune();
  ASSERT_EQ(result.tables.size(), result.candidates.size());
  EXPECT_EQ(result.folds.size(), 4u);
  std::size_t finalists = 0;
  for (std::size_t c = 1; c < result.tables.size(); ++c) {
    EXPECT_GE(result.tables[c].folds.size(), 1u) << result.candidates[c].name;
    finalists += result.tables[c].folds.size() == 4;
  }
  EXPECT_EQ(result.tables.front().folds.size(), 4u);
  EXPECT_EQ(finalists, 4u);
  EXPECT_TRUE(result.within_budget);
}

// On the first fold, by the quarter of their epochs that all have taken.
TEST_F(Tune, KeepsTheBetterOnes) {
  const TuneResult result = tune();
  const auto first_quarter = [&](std::size_t c) {
    return score(TuneGoal::kNew, result.tables[c].folds[0].front());
  };
  double worst_kept = 1, best_dropped = 0;
  for (std::size_t c = 1; c < result.tables.size(); ++c) {
    const bool kept = result.tables[c].folds.size() > 1;
    if (kept) worst_kept = std::min(worst_kept, first_quarter(c));
    if (!kept) best_dropped = std::max(best_dropped, first_quarter(c));
  }
  EXPECT_GE(worst_kept, best_dropped);
}

TEST_F(Tune, JudgesEveryEpochOfThoseThatGoOnAndAQuarterOfTheOthers) {
  config_.candidates = "qcoop,coop";  // six, of which four go on
  const TuneResult result = tune();
  std::size_t dropped = 0;
  for (std::size_t c = 1; c < result.tables.size(); ++c) {
    const auto& folds = result.tables[c].folds;
    dropped += folds.size() == 1;
    for (const auto& fold : folds) EXPECT_EQ(fold.size(), folds.size() == 1 ? 1u : 4u);
  }
  EXPECT_EQ(dropped, 2u);
}

// What is judged as epoch e are the values after as many steps as the run on all classes has taken.
TEST_F(Tune, JudgesWhatTrainingOnTheFoldGives) {
  config_.candidates = "coop";
  const TuneResult result = tune();
  const Fold& fold = result.folds.front();
  const LearnConfig& config = result.candidates[1].parts.front();
  ImagesAtHand images(model_, chosen_, base_.effective_train_seed(), {});
  const FoldBench bench(model_, images, fold, TuneGoal::kNew, zero_shot_template(base_));
  const TrainingSet set = bench.to_learn(config);
  const double twice = stretch(36, set.images(), config);
  ASSERT_GT(twice, 1);
  const auto learner = make_learner(config.method, model_);
  for (const int epoch : {1, 3}) {
    TrainingConfig training = stretched_by(twice, config.training);
    training.stop_epoch = stretched_by(twice, epoch);
    const PromptedClip clip(model_, learner, bench.learned_names());
    const TrainingResult trained = train(clip, {set}, training, base_.effective_train_seed());
    std::vector<AdaptedModel> models;
    for (const auto& names : bench.asked()) {
      models.push_back(AdaptedModel::of(PromptedClip(model_, learner, names),
                                        trained.quantizer.deployed(trained.values)));
    }
    EXPECT_EQ(result.tables[1].folds[0].at(static_cast<std::size_t>(epoch) - 1),
              bench.judge(models));
  }
}

// A rate that no training survives.
TEST_F(Tune, LeavesOutACandidateThatFails) {
  std::set<std::string> unknown;
  const auto wild = candidates_for(
      TuneGoal::kNew, {"coop", "clap"},
      {{"lr", "1e30"}, {"epochs", "4"}, {"views", "2"}, {"warmup_epochs", "0"}}, unknown);
  std::vector<TrialResult> kept;
  TuneOptions options;
  options.keep = [&](const TrialResult& trial, double) { kept.push_back(trial); };
  const TuneResult result = qprompt::tune(model_, chosen_, base_, wild, config_, {}, options);
  EXPECT_THAT(result.failures[1], ::testing::HasSubstr("learning rate"));
  EXPECT_TRUE(result.tables[1].folds.empty());
  EXPECT_TRUE(result.is_zero_shot());
  options.known = kept;
  options.keep = [&](const TrialResult& trial, double) {
    ADD_FAILURE() << trial.candidate << " was tried again";
  };
  EXPECT_EQ(qprompt::tune(model_, chosen_, base_, wild, config_, {}, options).failures,
            result.failures);
}

TEST_F(Tune, NeedsAnImageToHoldOut) {
  chosen_.val.clear();
  chosen_.train.resize(6);
  for (int c = 0; c < 6; ++c) chosen_.train[static_cast<std::size_t>(c)].label = c;
  EXPECT_THAT(testing::error_of([this] { tune(); }), ::testing::HasSubstr("more shots"));
}

TEST_F(Tune, GivesTheSameChoiceForTheSameSeed) {
  const TuneResult first = tune(), second = tune();
  EXPECT_EQ(first.tables, second.tables);
  EXPECT_EQ(first.pick, second.pick);
  base_.train_seed = 2;
  EXPECT_NE(tune().tables, first.tables);
}

// Interrupted after every number of trials, and gone on with from what was kept.
TEST_F(Tune, GivesTheSameChoiceHoweverOftenItIsInterrupted) {
  config_.candidates = "qcoop,clap";
  const TuneResult undisturbed = tune();
  std::vector<TrialResult> known;
  std::size_t interruptions = 0;
  while (true) {
    TuneOptions options;
    options.known = known;
    bool stop = false;
    options.stop = [&] { return stop; };
    options.keep = [&](const TrialResult& trial, double) {
      known.push_back(trial);
      stop = true;  // amid the next one
    };
    try {
      const TuneResult result = tune(options);
      EXPECT_EQ(result.tables, undisturbed.tables);
      EXPECT_EQ(result.pick, undisturbed.pick);
      break;
    } catch (const Interrupted&) {
      ++interruptions;
    }
  }
  EXPECT_GT(interruptions, 5u);
}

TEST_F(Tune, TriesAtLeastOneHoweverShortTheBudgetIs) {
  config_.budget = "0.000001s";
  const TuneResult result = tune();
  EXPECT_FALSE(result.within_budget);
  EXPECT_EQ(result.tables[0].folds.size(), 1u);
  EXPECT_EQ(result.tables[1].folds.size(), 1u);
  for (std::size_t c = 2; c < result.tables.size(); ++c)
    EXPECT_TRUE(result.tables[c].folds.empty());
}

// The budget ends while the second fold is tried: it tells nothing of those that it was not tried
// on.
TEST_F(Tune, ComparesOnFoldsThatAllWereTriedOn) {
  config_.budget = "1h";
  const std::size_t first_round = candidates().size() - 1;
  TuneOptions options;
  std::size_t trials = 0;
  // Of 15 candidates 8 go to the end of the first fold, and then to the second.
  TuneOptions late;
  options.keep = [&](const TrialResult& trial, double) {
    if (++trials <= first_round + 8 + 3) late.known.push_back(trial);
  };
  const TuneResult whole = tune(options);
  late.seconds = 3600;
  const TuneResult cut = tune(late);
  EXPECT_FALSE(cut.within_budget);
  EXPECT_EQ(cut.tables[0].folds.size(), 1u);
  for (const TrialTable& table : cut.tables) EXPECT_LE(table.folds.size(), 1u);
  EXPECT_TRUE(whole.within_budget);
}

TEST_F(Tune, TakesTheOnlyCandidateToItsEnd) {
  config_.candidates = "qcoop";
  std::set<std::string> unknown;
  const auto one = candidates_for(TuneGoal::kNew, {"qcoop"},
                                  {{"lr", "0.01"}, {"epochs", "4"}, {"views", "2"}}, unknown);
  const TuneResult result = qprompt::tune(model_, chosen_, base_, one, config_, {}, {});
  EXPECT_EQ(result.pick, (Pick{1, 3}));
  const LearnConfig learned = result.to_learn(base_).front();
  EXPECT_EQ(learned.training.stop_epoch, -1);
  EXPECT_EQ(learned.training.optimizer.lr, 0.01);
  config_.budget = "0.000001s";
  const TuneResult hurried = qprompt::tune(model_, chosen_, base_, one, config_, {}, {});
  EXPECT_FALSE(hurried.within_budget);
  EXPECT_EQ(hurried.pick, result.pick) << "it is learned to its end all the same";
}

TEST_F(Tune, LearnsZeroShotWhereNothingBeatsIt) {
  TuneResult result;
  result.candidates = candidates();
  const LearnConfig config = result.to_learn(base_).front();
  EXPECT_EQ(config.training.stop_epoch, 0);
  EXPECT_EQ(zero_shot_template(base_), "a photo of a {}.");
  const Learned learned = learn(model_, chosen_, config);
  EXPECT_EQ(learned.steps, 0);
  const AdaptedModel prompt(model_, learned.prompt, chosen_.class_names);
  const auto words = AdaptedModel::zero_shot(model_, {"a photo of a {}."}, chosen_.class_names);
  EXPECT_TRUE(prompt.class_matrix().isApprox(words.class_matrix(), 1e-3f));
}

TEST_F(Tune, StopsAtTheEpochThatWasChosen) {
  TuneResult result;
  result.candidates = candidates();
  result.pick = {1, 1};
  const LearnConfig config = result.to_learn(base_).front();
  EXPECT_EQ(config.training.epochs, 4);
  EXPECT_EQ(config.training.stop_epoch, 2);
}

// The learned classes among their own names, or every image among all names.
TEST_F(Tune, AsksAmongAllNamesWhereThatIsWhatIsWanted) {
  config_.candidates = "coop";
  config_.goal = TuneGoal::kAll;
  const TuneResult all = tune();
  config_.goal = TuneGoal::kNew;
  const TuneResult own = tune();
  const Judgement among_all = all.tables[0].folds[0][0], among_own = own.tables[0].folds[0][0];
  EXPECT_LE(among_all.learned, among_own.learned);
  EXPECT_LE(among_all.novel, among_own.novel);
  EXPECT_LT(among_all.learned + among_all.novel, among_own.learned + among_own.novel);
}

TEST_F(Tune, TriesClosedListsWithoutHoldingClassesOut) {
  config_.goal = TuneGoal::kSame;
  config_.candidates = "class-means,coop & class-means";
  const TuneResult result = tune();
  for (const Fold& fold : result.folds) EXPECT_EQ(fold.learned.size(), 6u);
  EXPECT_GT(result.tables[1].folds[0][0].learned, 1.0 / 6);
  EXPECT_EQ(result.tables[1].folds[0][0].novel, 0);
}

TEST_F(Tune, CountsWhatZeroShotAnswersOtherwise) {
  config_.candidates = "coop";
  const TuneResult result = tune();
  EXPECT_EQ(result.tables[0].folds[0][0].changed, 0);
  double most = 0;
  for (const Judgement& judgement : result.tables.back().folds[0]) {
    most = std::max(most, judgement.changed);
  }
  EXPECT_GT(most, 0);
}

// As many steps as on all classes: 6 classes of 6 images are 6 batches of 6, half of them 3.
TEST(Schedule, IsStretchedToAsManySteps) {
  LearnConfig config;
  config.training.epochs = 10;
  config.training.batch_size = 6;
  const double twice = stretch(36, 18, config);
  EXPECT_EQ(twice, 2);
  const TrainingConfig stretched = stretched_by(twice, config.training);
  EXPECT_EQ(stretched.epochs, 20);
  EXPECT_EQ(stretched.optimizer.warmup_epochs, 2);
  EXPECT_EQ(stretched_by(twice, 7), 14);
  EXPECT_EQ(stretched_by(0.3, 1), 1);
}

}  // namespace
}  // namespace qprompt
