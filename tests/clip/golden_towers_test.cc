#include <cstring>
#include <nlohmann/json.hpp>

#include "qprompt/clip/similarity.h"
#include "qprompt/formats/safetensors.h"
#include "tests/clip/random_towers.h"
#include "tests/support/goldens.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using Rows = std::vector<TextRow>;

// As README.md of the reference values states them.
constexpr double kLogitTolerance = 1e-4, kGradientTolerance = 1e-3;

// Every layout of the set's one model; a set may hold only some.
std::vector<fs::path> checkpoints_in(const fs::path& goldens) {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(goldens / "reference" / "checkpoints")) {
    if (entry.path().filename() != "dassl") found.push_back(entry.path());
  }
  return found;
}

// The one layout that holds the tokenizer.
fs::path tokenizer_in(const fs::path& goldens) { return goldens / "reference/checkpoints/hf"; }

class GoldenCoOp {
 public:
  explicit GoldenCoOp(const fs::path& goldens) : file_(goldens / "reference/coop.safetensors") {
    class_names = nlohmann::json::parse(file_.metadata().at("classnames"));
  }
  bool has(const std::string& name) const { return file_.tensors().contains(name); }
  std::vector<Index> shape(const std::string& name) const { return file_.at(name).shape; }
  Matrix tensor(const std::string& name) const { return to_matrix(file_.at(name)); }
  std::vector<int> labels() const {
    const TensorView& view = file_.at("labels");
    std::vector<std::int64_t> wide(view.size());
    EXPECT_EQ(view.bytes.size(), wide.size() * sizeof(std::int64_t));
    std::memcpy(wide.data(), view.bytes.data(), view.bytes.size());
    return {wide.begin(), wide.end()};
  }
  std::vector<std::string> cases() const {
    std::vector<std::string> found;
    const std::string suffix = ".init.ctx";
    for (const auto& [name, view] : file_.tensors()) {
      if (name.starts_with("coop_") && name.ends_with(suffix)) {
        found.push_back(name.substr(0, name.size() - suffix.size()));
      }
    }
    return found;
  }

  std::vector<std::string> class_names;

 private:
  Safetensors file_;
};

void expect_near(const Matrix& actual, const Matrix& expected, double tolerance) {
  ASSERT_EQ(actual.rows(), expected.rows());
  ASSERT_EQ(actual.cols(), expected.cols());
  EXPECT_LE((actual - expected).cwiseAbs().maxCoeff(), tolerance);
}

TEST(Reference, TowersReproduceZeroShotClipFromEveryLayout) {
  const fs::path goldens = testing::goldens_folder();
  const GoldenCoOp golden(goldens);
  const Tokenizer tokenizer = Tokenizer::load(tokenizer_in(goldens));
  const kernels::Device device = device_of(kernels::NumberFormat::kFloat32);
  ASSERT_FALSE(checkpoints_in(goldens).empty());
  for (const fs::path& path : checkpoints_in(goldens)) {
    SCOPED_TRACE(path.string());
    const Checkpoint checkpoint = Checkpoint::open(path.string());
    const ImageTower image(checkpoint, device);
    const TextTower text(checkpoint, device, kernels::Differentiable::kNo);
    ImageWorkspace image_workspace(device);
    TextWorkspace text_workspace(device);
    const Matrix images = golden.tensor("zs.image_features");
    if (golden.has("images")) {  // else the set holds a text tower only
      expect_near(image.forward(golden.tensor("images"), {}, image_workspace), images,
                  kLogitTolerance);
    }
    const TextLayout layout =
        template_layout(tokenizer, "a photo of a {}.", golden.class_names, text.context_length());
    const Matrix texts = text.forward(layout, {}, text_workspace, Keep::kNothing).features();
    expect_near(texts, golden.tensor("zs.text_features"), kLogitTolerance);
    expect_near(
        cosine_logits(UnitRows(images).unit, UnitRows(texts).unit, checkpoint.logit_scale()),
        golden.tensor("zs.logits"), kLogitTolerance);
  }
}

Rows operator+(Rows rows, std::span<const int> tokens) {
  for (int id : tokens) rows.push_back(TextRow::token(id));
  return rows;
}

Rows with_learned(Rows rows, Index first, Index count) {
  for (Index i = 0; i < count; ++i) rows.push_back(TextRow::learned(first + i));
  return rows;
}

// The name stands behind, amid or before the n_ctx learned rows that begin with `first`.
Rows sentence(const std::string& case_name, const ClassText& text, Index first, Index n_ctx) {
  const Index before = case_name.ends_with("middle")  ? n_ctx / 2
                       : case_name.ends_with("front") ? 0
                                                      : n_ctx;
  const auto rest = std::span(text.sentence).subspan(text.name.size());
  return with_learned(with_learned({}, first, before) + text.name, first + before, n_ctx - before) +
         rest;
}

TextLayout coop_layout(const GoldenCoOp& golden, const std::string& name,
                       const ClassTokens& classes) {
  const std::vector<Index> shape = golden.shape(name + ".init.ctx");
  const Index n_ctx = shape[shape.size() - 2];
  TextLayout layout{{TextRow::token(classes.start_token)}, {}};
  for (const ClassText& text : classes.classes) {
    const Index first = shape.size() == 3 ? std::ssize(layout.own) * n_ctx : 0;
    layout.own.push_back(sentence(name, text, first, n_ctx) + std::array{classes.end_token});
  }
  return layout;
}

// What all sentences of this layout begin with becomes shared.
TextLayout with_shared_context(TextLayout layout, Index n_ctx) {
  const auto end = layout.own[0].begin() + n_ctx;
  layout.shared.insert(layout.shared.end(), layout.own[0].begin(), end);
  for (Rows& own : layout.own) own.erase(own.begin(), own.begin() + n_ctx);
  return layout;
}

class CoOpCase {
 public:
  CoOpCase(const GoldenCoOp& golden, const Checkpoint& checkpoint)
      : golden_(golden),
        device_(device_of(kernels::NumberFormat::kFloat32)),
        tower_(checkpoint, device_, kernels::Differentiable::kYes),
        scale_(checkpoint.logit_scale()),
        images_(golden.tensor("zs.image_features")) {}

  void expect(const std::string& name, const TextLayout& layout) {
    const Matrix width_rows = golden_.tensor(name + ".init.ctx");
    const Index width = golden_.shape(name + ".init.ctx").back();
    const Matrix ctx = width_rows.reshaped<Eigen::RowMajor>(width_rows.size() / width, width);
    TextPass pass = tower_.forward(layout, {ctx, {}}, workspace_, Keep::kForPullBack);
    const UnitRows texts(pass.features());
    const Matrix logits = cosine_logits(images_.unit, texts.unit, scale_);
    expect_near(logits, golden_.tensor(name + ".logits"), kLogitTolerance);

    const Matrix d_logits =
        reference::cross_entropy_pull_back(logits.cast<double>(), golden_.labels()).cast<float>();
    const Matrix d_texts = cosine_logits_pull_back(images_.unit, scale_, d_logits);
    const Matrix d_ctx = pass.pull_back(texts.pull_back(d_texts)).rows;
    const Matrix expected = golden_.tensor(name + ".grad.ctx");
    expect_near(d_ctx, expected.reshaped<Eigen::RowMajor>(d_ctx.rows(), width),
                kGradientTolerance * expected.cwiseAbs().maxCoeff());
  }

 private:
  const GoldenCoOp& golden_;
  kernels::Device device_;
  TextTower tower_;
  TextWorkspace workspace_{device_};
  float scale_;
  UnitRows images_;
};

TEST(Reference, TextTowerReproducesCoOpsLogitsAndGradients) {
  const fs::path goldens = testing::goldens_folder();
  const GoldenCoOp golden(goldens);
  const Checkpoint checkpoint = Checkpoint::open(checkpoints_in(goldens).front().string());
  const Tokenizer tokenizer = Tokenizer::load(tokenizer_in(goldens));
  const ClassTokens classes =
      tokenize_classes(tokenizer, golden.class_names, checkpoint.shape().context_length);
  CoOpCase coop(golden, checkpoint);
  ASSERT_FALSE(golden.cases().empty());
  for (const std::string& name : golden.cases()) {
    SCOPED_TRACE(name);
    const TextLayout layout = coop_layout(golden, name, classes);
    coop.expect(name, layout);
    const std::vector<Index> shape = golden.shape(name + ".init.ctx");
    const bool at_end = !name.ends_with("middle") && !name.ends_with("front");
    if (shape.size() == 2 && at_end) coop.expect(name, with_shared_context(layout, shape[0]));
  }
}

}  // namespace
}  // namespace qprompt
