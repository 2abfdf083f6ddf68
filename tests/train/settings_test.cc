#include "qprompt/train/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/core/fields.h"
#include "qprompt/data/templates.h"
#include "qprompt/train/bits.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

LearnConfig known(const Settings& settings) {
  std::set<std::string> unknown;
  LearnConfig config = configured(settings, unknown);
  EXPECT_THAT(unknown, ::testing::IsEmpty());
  return config;
}

template <typename Config>
Config method_of(const Settings& settings) {
  return std::get<Config>(known(settings).method);
}

template <typename Config>
std::set<std::string> field_names(Config config) {
  std::set<std::string> names;
  config.visit_fields([&](const char* name, const auto&, const auto&...) { names.insert(name); });
  return names;
}

template <typename... Configs>
void expect_no_field_of(std::variant<Configs...>, const std::set<std::string>& taken) {
  for (const std::set<std::string>& names : {field_names(Configs{})...}) {
    for (const std::string& name : names) EXPECT_FALSE(taken.contains(name)) << name;
  }
}

TEST(Settings, NoFieldOfAMethodHasTheNameOfOneOfTheTraining) {
  const std::set<std::string> taken = field_names(LearnConfig{});
  EXPECT_TRUE(taken.contains("epochs"));
  expect_no_field_of(MethodConfig{}, taken);
}

TEST(Settings, OfANameAreWhatTheNameDecides) {
  const auto settings = [](const std::string& method, const std::string& quantizer,
                           const std::string& regularizer) {
    return Settings{{"method", method}, {"quantizer", quantizer}, {"regularizer", regularizer}};
  };
  EXPECT_EQ(settings_of_name("coop"), settings("coop", "none", "none"));
  EXPECT_EQ(settings_of_name("qcoop"), settings("coop", "kmeans", "none"));
  EXPECT_EQ(settings_of_name("coop-noise"), settings("coop", "noise", "none"));
  EXPECT_EQ(settings_of_name("qmaple"), settings("maple", "kmeans", "none"));
  EXPECT_EQ(settings_of_name("qcoop+kgcoop"), settings("coop", "kmeans", "kgcoop"));
  EXPECT_EQ(settings_of_name("maple+prograd"), settings("maple", "none", "prograd"));
  EXPECT_EQ(settings_of_name("kgcoop"), settings("coop", "none", "kgcoop"));
  EXPECT_EQ(settings_of_name("qprograd"), settings("coop", "kmeans", "prograd"));
  EXPECT_EQ(settings_of_name("promptsrc"), settings("ivlp", "none", "promptsrc"));
  EXPECT_EQ(settings_of_name("ivlp+promptsrc"), settings_of_name("promptsrc"));
  EXPECT_EQ(settings_of_name("language"),
            merged(settings("ivlp", "none", "none"), {{"n_ctx_vision", "0"}}));
}

TEST(Settings, CountWordsThatAreWrittenWithUnderscores) {
  EXPECT_EQ(method_of<CoCoOpConfig>({{"method", "cocoop"}, {"ctx_init", "a_photo_of_a_big"}}).n_ctx,
            5);
  EXPECT_EQ(method_of<MaPLeConfig>({{"method", "maple"}, {"ctx_init", "a_photo_of_a"}}).n_ctx, 2);
}

TEST(Settings, ThatNoRunCanHaveAreNamed) {
  const auto refusal = [](const Settings& settings) {
    return testing::error_of([&] { known(settings); });
  };
  for (const auto& [field, value] : Settings{{"epochs", "0"},
                                             {"batch_size", "0"},
                                             {"patience", "-1"},
                                             {"lr", "nan"},
                                             {"momentum", "1"},
                                             {"weight_decay", "-1"},
                                             {"warmup_epochs", "-1"},
                                             {"views", "-1"},
                                             {"shots", "-1"},
                                             {"min_interval", "0"},
                                             {"kl_threshold", "nan"},
                                             {"noise", "-1"},
                                             {"kgcoop_weight", "-1"},
                                             {"logit_weight", "inf"},
                                             {"bits", "9"}}) {
    EXPECT_THAT(refusal({{field, value}}), HasSubstr(field));
  }
  EXPECT_THAT(refusal({{"regularizer", "kgcoop"}, {"anchor", "imagnet-80"}}),
              HasSubstr("imagnet-80"));
  EXPECT_THAT(refusal({{"model_choice", "average"}, {"average_mean", "30"}, {"patience", "2"}}),
              AllOf(HasSubstr("average"), HasSubstr("patience 2")));
}

TEST(Settings, OfEveryMethodAndItsQuantizedFormAreThere) {
  for (const std::string method : enum_names(MethodTag{})) {
    EXPECT_EQ(enum_name(method_tag(known(settings_of_name(method)).method)), method);
    EXPECT_EQ(known(settings_of_name("q" + method)).training.quantizer.kind,
              QuantizerKind::kKMeans);
  }
}

TEST(Settings, OfLearnersOnFeaturesAreThePublishedOnesUnlessOthersAreGiven) {
  const LearnConfig tip = known({{"method", "tip-adapter-f"}, {"epochs", "7"}});
  EXPECT_EQ(tip.training.optimizer.kind, OptimizerKind::kAdamW);
  EXPECT_EQ(tip.training.optimizer.lr, 0.001);
  EXPECT_EQ(tip.training.batch_size, 256);
  EXPECT_EQ(tip.training.epochs, 7);
  EXPECT_EQ(known({{"method", "clap"}}).training.epochs, 300);
  EXPECT_EQ(known({{"method", "class-means"}}).views, 0);
  EXPECT_EQ(known({{"method", "class-means"}, {"views", "3"}}).views, 3);
  EXPECT_EQ(known({{"method", "coop"}}).views, LearnConfig{}.views);
  EXPECT_EQ(known(preset("tip-adapter-f-fewshot").settings).training.optimizer.epsilon, 1e-4);
  EXPECT_EQ(known(preset("gaussian-fewshot").settings).views, 10);
}

TEST(Settings, OfStepsAreUnknownToAMethodWithoutSteps) {
  std::set<std::string> unknown;
  configured({{"method", "class-means"},
              {"epochs", "3"},
              {"lr", "0.1"},
              {"bits", "2"},
              {"shots", "4"},
              {"regularizer", "kgcoop"},
              {"beta", "1"}},
             unknown);
  EXPECT_THAT(unknown, ElementsAre("beta", "epochs", "lr", "regularizer"));
  EXPECT_EQ(method_tag(known(settings_of_name("qtip-adapter")).method), MethodTag::kTipAdapter);
}

TEST(Settings, OfAnUnknownNameAreRefusedWithTheNamesThereAre) {
  for (const std::string name : {"", "q", "clip", "qqcoop", "coop+", "coop+clip", "qcoop-noise",
                                 "kgcoop+prograd", "Coop", "zeroshot+kgcoop"}) {
    EXPECT_THAT(testing::error_of([&] { settings_of_name(name); }),
                AllOf(HasSubstr("'" + name + "'"), HasSubstr("zeroshot, coop, cocoop, vpt"),
                      HasSubstr("maple"), HasSubstr("promptsrc")));
  }
}

TEST(Settings, FillFieldsOfTheRunAndOfItsMethod) {
  const LearnConfig config = known({{"method", "ivlp"},
                                    {"depth_text", "3"},
                                    {"epochs", "7"},
                                    {"lr", "0.5"},
                                    {"bits", "ctx=2"},
                                    {"classes", "base"},
                                    {"regularizer", "promptsrc"},
                                    {"model_choice", "average"}});
  EXPECT_EQ(std::get<IvlpConfig>(config.method).depth_text, 3);
  EXPECT_EQ(config.training.epochs, 7);
  EXPECT_EQ(config.training.optimizer.lr, 0.5);
  EXPECT_EQ(config.training.quantizer.bits, "ctx=2");
  EXPECT_EQ(config.classes, ClassSubset::kBase);
  EXPECT_EQ(config.training.regularizer.kind, RegularizerKind::kPromptSrc);
  EXPECT_EQ(config.training.model_choice, ModelChoice::kAverage);
  EXPECT_EQ(method_tag(known({}).method), MethodTag::kCoOp);
}

TEST(Settings, ThatNeitherHasAreToldApart) {
  std::set<std::string> unknown;
  configured({{"method", "coop"}, {"depth", "3"}, {"epochs", "2"}, {"colour", "red"}}, unknown);
  EXPECT_THAT(unknown, ElementsAre("colour", "depth"));
}

TEST(Settings, RefuseTextThatIsNoValue) {
  const auto refusal = [](const Settings& settings) {
    return testing::error_of([&] { known(settings); });
  };
  EXPECT_THAT(refusal({{"epochs", "ten"}}), AllOf(HasSubstr("epochs"), HasSubstr("'ten'")));
  EXPECT_THAT(refusal({{"epochs", "10 "}}), HasSubstr("an integer"));
  EXPECT_THAT(refusal({{"epochs", "99999999999"}}), HasSubstr("an integer"));
  EXPECT_THAT(refusal({{"lr", ""}}), HasSubstr("a number"));
  EXPECT_THAT(refusal({{"normalize", "yes"}}), HasSubstr("true or false"));
  EXPECT_THAT(refusal({{"quantizer", "kmean"}}), HasSubstr("kmeans, uniform"));
  EXPECT_THAT(refusal({{"method", "clip"}}), HasSubstr("cocoop"));
}

TEST(Settings, MakeContextAndItsWordsFit) {
  EXPECT_EQ(method_of<CoOpConfig>({{"n_ctx", "16"}}).ctx_init, "");
  EXPECT_EQ(method_of<CoOpConfig>({{"n_ctx", "4"}}).ctx_init, "a photo of a");
  EXPECT_EQ(method_of<CoOpConfig>({{"ctx_init", "a bad photo"}}).n_ctx, 3);
  EXPECT_EQ(method_of<CoOpConfig>({{"ctx_init", ""}}).n_ctx, 4);
  const Settings both{{"ctx_init", "a photo"}, {"n_ctx", "3"}};
  EXPECT_EQ(method_of<CoOpConfig>(both).n_ctx, 3);
  EXPECT_EQ(method_of<CoOpConfig>(both).ctx_init, "a photo") << "both were asked for";
}

// MaPLe and IVLP learn the first of the words.
TEST(Settings, LetMethodsLearnSomeOfTheWords) {
  const auto maple = [](Settings settings) {
    settings["method"] = "maple";
    return method_of<MaPLeConfig>(settings);
  };
  EXPECT_EQ(maple({{"n_ctx", "4"}}).ctx_init, "a photo of a");
  EXPECT_EQ(maple({{"n_ctx", "1"}}).ctx_init, "a photo of a");
  EXPECT_EQ(maple({{"n_ctx", "5"}}).ctx_init, "");
  EXPECT_EQ(maple({{"ctx_init", "a bad photo of the"}}).n_ctx, 2);
  EXPECT_EQ(maple({{"ctx_init", "photo"}}).n_ctx, 1);
}

TEST(Settings, AreMergedWithTheUpperOnesFirst) {
  EXPECT_EQ(merged({{"a", "1"}, {"b", "1"}}, {{"b", "2"}, {"c", "2"}}),
            (Settings{{"a", "1"}, {"b", "2"}, {"c", "2"}}));
}

TEST(Presets, AreSettingsThatExistAndTellTheirSource) {
  std::set<std::string> names;
  for (const Preset& preset : presets()) {
    SCOPED_TRACE(preset.name);
    EXPECT_TRUE(names.insert(preset.name).second);
    EXPECT_GT(preset.source.size(), 20u);
    EXPECT_TRUE(preset.settings.contains("method"));
    const LearnConfig config = known(preset.settings);
    EXPECT_NO_THROW(parse_bits(config.training.quantizer.bits));
    EXPECT_NO_THROW(templates_of(config.training.regularizer.anchor));
    EXPECT_GE(config.training.epochs, 1);
  }
}

TEST(Presets, HoldThePublishedNumbers) {
  const LearnConfig maple = known(preset("maple-base2new").settings);
  EXPECT_EQ(std::get<MaPLeConfig>(maple.method).depth, 9);
  EXPECT_EQ(std::get<MaPLeConfig>(maple.method).n_ctx, 2);
  EXPECT_EQ(maple.training.optimizer.lr, 0.0035);
  EXPECT_EQ(maple.training.epochs, 5);
  EXPECT_EQ(maple.training.batch_size, 4);
  EXPECT_EQ(maple.training.quantizer.kind, QuantizerKind::kNone);
  const LearnConfig qmaple = known(preset("qmaple-base2new").settings);
  EXPECT_EQ(qmaple.training.quantizer.kind, QuantizerKind::kKMeans);
  EXPECT_EQ(qmaple.training.quantizer.bits, "4");
  EXPECT_EQ(qmaple.training.epochs, 5);
  const LearnConfig promptsrc = known(preset("promptsrc-base2new").settings);
  EXPECT_EQ(promptsrc.training.regularizer.kind, RegularizerKind::kPromptSrc);
  EXPECT_EQ(promptsrc.training.regularizer.text_weight, 25);
  EXPECT_EQ(promptsrc.training.model_choice, ModelChoice::kAverage);
  EXPECT_EQ(templates_of(promptsrc.training.regularizer.anchor).size(), 80u);
  EXPECT_EQ(std::get<IvlpConfig>(promptsrc.method).ctx_init, "a photo of a");
  const LearnConfig kgcoop = known(preset("kgcoop-base2new").settings);
  EXPECT_EQ(kgcoop.training.regularizer.kind, RegularizerKind::kKgCoOp);
  EXPECT_EQ(kgcoop.training.regularizer.kgcoop_weight, 8);
  EXPECT_EQ(kgcoop.training.epochs, 100);
  EXPECT_EQ(kgcoop.training.batch_size, 128);
  EXPECT_EQ(std::get<CoOpConfig>(known(preset("coop-fewshot").settings).method).n_ctx, 16);
}

TEST(Presets, OfAnotherNameAreRefusedWithAllNames) {
  const std::string refusal = testing::error_of([] { preset("coop-base3new"); });
  EXPECT_THAT(refusal, HasSubstr("'coop-base3new'"));
  for (const Preset& each : presets()) EXPECT_THAT(refusal, HasSubstr(each.name));
}

TEST(Recommendation, StandsUnderSettingsOfItsOwnMethodAlone) {
  const LearnConfig plain = known(recommended({}));
  EXPECT_EQ(plain.training.epochs, 200);
  EXPECT_EQ(plain.training.quantizer.bits, "1");
  EXPECT_EQ(plain.views, 8);
  EXPECT_EQ(plain.training.model_choice, ModelChoice::kBestOrZeroShot);
  EXPECT_EQ(known(recommended({{"method", "coop"}, {"bits", "3"}})).training.quantizer.bits, "3");
  EXPECT_EQ(known(recommended({{"method", "coop"}, {"bits", "3"}})).training.epochs, 200);
  const Settings maple{{"method", "maple"}, {"bits", "3"}};
  EXPECT_EQ(recommended(maple), maple);
}

}  // namespace
}  // namespace qprompt
