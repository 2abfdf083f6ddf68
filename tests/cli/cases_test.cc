// ../shared/cases: inputs as real users have them. Their README says what is right.

#include "tests/support/cases.h"

#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// What `evaluate` understood of a data set.
struct Understood {
  nlohmann::json data;  // of its report
  std::vector<std::string> class_names;
  std::string err;

  // Images of train, val and test.
  std::vector<int> parts() const { return {data.at("train"), data.at("val"), data.at("test")}; }
};

class Cases : public CliTest {
 protected:
  void SetUp() override {
    if (cases_folder().empty()) GTEST_SKIP() << "no cases beside the checkout";
  }
  static std::string at(const std::string& name) { return (cases_folder() / name).string(); }

  std::vector<std::string> evaluate_at(const std::string& name,
                                       const std::vector<std::string>& flags = {}) const {
    std::vector<std::string> words{"evaluate", "--model", model, "--data", at(name)};
    words.insert(words.end(), flags.begin(), flags.end());
    return words;
  }
  Understood understood(const std::string& name, std::vector<std::string> flags = {}) const {
    flags.insert(flags.end(), {"--json", "-"});
    const Outcome outcome = succeed(evaluate_at(name, flags));
    const auto report = nlohmann::json::parse(outcome.out);
    Understood result{report.at("data"), {}, outcome.err};
    for (const auto& each : report.at("per_class")) {
      result.class_names.push_back(each.at("class"));
    }
    return result;
  }
  // Probabilities of a picture among the names in a file, best first.
  std::vector<double> probabilities(const std::string& names) const {
    const std::string report = path("classify.json");
    succeed(classify(
        {"--classes", names, "--top", "9", "--force", "--json", report, picture().string()}));
    std::vector<double> values;
    for (const auto& score : json_file(report).at("images").front().at("scores")) {
      values.push_back(score.at("probability"));
    }
    return values;
  }
};

TEST_F(Cases, ADecomposedNameIsTheComposedOne) {
  const Understood seen = understood("unicode/decomposed_folders");
  EXPECT_THAT(seen.class_names, ElementsAre("Caf\u00e9", "River"));
  EXPECT_THAT(seen.parts(), ElementsAre(8, 0, 8));
  EXPECT_THAT(seen.err, HasSubstr("2 classes, 16 images: 8 train, 0 val, 8 test"));
}

TEST_F(Cases, TheFeatureOfADecomposedNameIsThatOfTheComposedOne) {
  const std::string decomposed = folder.file("nfd", "Cafe\u0301\nRiver\n");
  const std::string composed = folder.file("nfc", "Caf\u00e9\nRiver\n");
  EXPECT_EQ(probabilities(decomposed), probabilities(composed));
}

TEST_F(Cases, SplitFoldersByAnyOfTheirNamesAreTheParts) {
  for (const char* name : {"layouts/training_testing", "layouts/train_test"}) {
    const Understood seen = understood(name);
    EXPECT_THAT(seen.class_names, ElementsAre("Forest", "Highway", "River"));
    EXPECT_THAT(seen.parts(), ElementsAre(18, 0, 12));
    EXPECT_THAT(seen.err, HasSubstr("3 classes, 30 images: 18 train, 0 val, 12 test"));
  }
}

TEST_F(Cases, NoClassVanishes) {
  const Understood seen = understood("classes/vanishing");
  EXPECT_THAT(seen.class_names, ElementsAre("Forest", "Highway", "Pasture", "River"));
  EXPECT_THAT(seen.parts(), ElementsAre(0, 0, 32));
}

TEST_F(Cases, AClassWhoseFilesCannotBeReadIsAnErrorOthersAreCounted) {
  fs::copy(at("classes/vanishing"), folder / "data2", fs::copy_options::recursive);
  folder.file("data2/Forest/notes.txt", "");
  data = path("data2");
  EXPECT_THAT(succeed(evaluate({})).err, HasSubstr("32 images: 0 train, 0 val, 32 test; "
                                                   "ignored: 1 .txt"));
  folder.file("data2/Lake/a.svg", "");
  EXPECT_THAT(error_line(evaluate({})), HasSubstr("Lake: no image that can be read (1 .svg)"));
}

TEST_F(Cases, ClassesInOnePartOnlyAreTold) {
  const Understood seen = understood("classes/differ");
  EXPECT_THAT(seen.class_names, ElementsAre("Forest", "River", "SeaLake", "Sea Lake", "unknown"));
  EXPECT_THAT(seen.err, AllOf(HasSubstr("2 classes without train images, such as 'SeaLake'"),
                              HasSubstr("1 classes without test images, such as 'Sea Lake'")));
  EXPECT_THAT(seen.data.at("notices"), ::testing::SizeIs(1));
  EXPECT_THAT(succeed(evaluate_at("classes/differ", {"--per-class"})).out,
              HasSubstr("-      0 images  Sea Lake"));
}

TEST_F(Cases, TablesAreReadByTheirColumnsAndSeparators) {
  for (const char* table : {"metadata.csv", "class_name.csv", "semicolon.csv", "utf16.csv",
                            "index.csv", "bom_crlf.csv"}) {
    const Understood seen = understood("tables/img", {"--split", at("tables/") + table});
    EXPECT_THAT(seen.class_names, ElementsAre("Forest", "Highway", "River")) << table;
    EXPECT_THAT(seen.parts(), ElementsAre(0, 0, 24)) << table;
    EXPECT_THAT(seen.data.at("notices"), ::testing::IsEmpty()) << table;
  }
}

TEST_F(Cases, ATableInThreeColumnsNamesThePart) {
  const std::string table = at("tables/three.csv");
  EXPECT_THAT(error_line(evaluate_at("tables/img", {"--split", table})),
              HasSubstr("no test images; understood was 3 classes, 24 images: 24 train"));
  data = at("tables/img");
  succeed(train(path("run"), {"--split", table, "--shots", "8", "--skip-evaluation"}));
  const auto learned_from = json_file(folder / "run/run.json").at("data");
  EXPECT_EQ(learned_from.at("classes"), 3);
  EXPECT_EQ(learned_from.at("train"), 24);
}

TEST_F(Cases, TheTableBesideTheImagesIsFound) {
  EXPECT_THAT(understood("tables").class_names, ElementsAre("Forest", "Highway", "River"));
}

TEST_F(Cases, ImageNetHasItsNamesAndKeepsEqualOnesApart) {
  const auto names =
      ElementsAre("French bulldog", "missile", "missile", "sunglasses", "sunglasses");
  const auto told = HasSubstr("'missile' stands for 2 classes; 'sunglasses' stands for 2 classes");
  const Understood folders = understood("imagenet/imagenet");
  EXPECT_THAT(folders.class_names, names);
  EXPECT_THAT(folders.parts(), ElementsAre(20, 20, 20));  // tested on val, as the reference does
  EXPECT_THAT(folders.err, AllOf(told, HasSubstr("tested on val")));
  EXPECT_FALSE(folders.data.at("exif"));
  for (const char* list : {"split.json", "list.csv"}) {
    const Understood listed =
        understood("imagenet/imagenet/images", {"--split", at("imagenet/") + list});
    EXPECT_THAT(listed.class_names, names) << list;
    EXPECT_THAT(listed.err, told) << list;
    EXPECT_EQ(listed.data.at("test"), 20) << list;
  }
}

TEST_F(Cases, NamesThatLookLikeWordNetIdsAreTold) {
  data = at("imagenet/imagenet/images/train");
  EXPECT_THAT(succeed(evaluate({})).err, HasSubstr("5 of 5 class names begin with WordNet ids"));
}

TEST_F(Cases, AnImportNamesTheTensorThatNoMethodLearns) {
  EXPECT_THAT(error_line({"import", at("import/atp2.pth.tar-100"), "--model", model, "--method",
                          "coop", "--output", path("i.qprompt")}),
              AllOf(HasSubstr("atp2.pth.tar-100"), HasSubstr("ctx_att1")));
  EXPECT_FALSE(fs::exists(folder / "i.qprompt"));
}

// Which pixels they give: tests/data/image_cases_test.cc.
TEST_F(Cases, PicturesAreReadAsPillowReadsThem) {
  const std::string names = folder.file("names", "river\nforest\n");
  for (const auto& entry : fs::directory_iterator(at("pictures"))) {
    const std::string picture = entry.path().string();
    if (entry.path().filename() == "jpg_no_eoi.jpg") {
      EXPECT_THAT(error_line(classify({"--classes", names, picture})),
                  HasSubstr("jpg_no_eoi.jpg: damaged JPEG"));
    } else {
      EXPECT_THAT(succeed(classify({"--classes", names, picture})).out, HasSubstr(" %"));
    }
  }
}

TEST_F(Cases, GrayOfTwelveBitsIsTold) {
  const std::string names = folder.file("names", "river\nforest\n");
  EXPECT_THAT(
      succeed(classify({"--classes", names, at("pictures/g_12bit.png")})).err,
      AllOf(HasSubstr("notice: 1 images; the first: "), HasSubstr("g_12bit.png"), HasSubstr("12")));
}

TEST_F(Cases, ListsOfNamesAreReadOrNameTheLine) {
  const auto classified = [&](const std::string& list) {
    return classify({"--classes", at("names/") + list, "--top", "9", picture().string()});
  };
  EXPECT_THAT(error_line(classified("l1.txt")), HasSubstr("l1.txt:1: not UTF-8"));
  EXPECT_THAT(succeed(classified("dup.txt")).err,
              AllOf(HasSubstr("'Forest', 'forest' make the same prompt"),
                    HasSubstr("'red fox' stands for 2 classes")));
  const Outcome blanks = succeed(classified("sp.txt"));
  EXPECT_THAT(blanks.out, AllOf(HasSubstr(" forest "), HasSubstr(" river "), Not(HasSubstr("  "))));
  EXPECT_THAT(blanks.err, HasSubstr("the line '# comment' is taken for a class name"));
}

}  // namespace
}  // namespace qprompt::testing
